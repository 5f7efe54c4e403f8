import {
  type GetPromptResult,
  type InputRequiredResult,
  type McpServer,
  ResourceTemplate,
  acceptedContent,
  fromJsonSchema,
  inputRequired,
} from '@modelcontextprotocol/server';
import { RED_PIXEL_PNG } from './samples.js';

export const registerResources = (server: McpServer): void => {
  const text = (name: string, uri: string, content: string): void => {
    server.registerResource(name, uri, { description: name, mimeType: 'text/plain' }, () => ({
      contents: [{ uri, mimeType: 'text/plain', text: content }],
    }));
  };
  text('static-text', 'test://static-text', 'This is the content of the static text resource.');
  text('watched-resource', 'test://watched-resource', 'Somebody may watch this.');
  server.registerResource(
    'static-binary',
    'test://static-binary',
    { description: 'One red pixel', mimeType: 'image/png' },
    (uri) => ({ contents: [{ uri: uri.href, mimeType: 'image/png', blob: RED_PIXEL_PNG }] }),
  );
  server.registerResource(
    'template',
    new ResourceTemplate('test://template/{id}/data', { list: undefined }),
    { description: 'Data by id', mimeType: 'application/json' },
    (uri, { id }) => ({
      contents: [
        {
          uri: uri.href,
          mimeType: 'application/json',
          text: JSON.stringify({ id, templateTest: true, data: `Data for ID: ${String(id)}` }),
        },
      ],
    }),
  );
  registerSubscriptions(server);
};

const registerSubscriptions = (server: McpServer): void => {
  const watched = new Set<string>();
  server.server.setRequestHandler('resources/subscribe', ({ params }) => {
    watched.add(params.uri);
    return {};
  });
  server.server.setRequestHandler('resources/unsubscribe', ({ params }) => {
    watched.delete(params.uri);
    return {};
  });
};

const user = (content: GetPromptResult['messages'][number]['content']): GetPromptResult['messages'][number] => ({
  role: 'user',
  content,
});
const userText = (text: string) => user({ type: 'text', text });

const textArguments = (descriptions: Record<string, string>) =>
  fromJsonSchema<Record<string, string>>({
    type: 'object',
    properties: Object.fromEntries(
      Object.entries(descriptions).map(([name, description]) => [name, { type: 'string', description }]),
    ),
    required: Object.keys(descriptions),
  });

export const registerPrompts = (server: McpServer): void => {
  server.registerPrompt('test_simple_prompt', { description: 'A prompt without arguments' }, () => ({
    messages: [userText('This is a simple prompt for testing.')],
  }));
  server.registerPrompt(
    'test_prompt_with_arguments',
    {
      description: 'A prompt with two arguments',
      argsSchema: textArguments({ arg1: 'First test argument', arg2: 'Second test argument' }),
    },
    ({ arg1, arg2 }) => ({ messages: [userText(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`)] }),
  );
  server.registerPrompt(
    'test_prompt_with_embedded_resource',
    {
      description: 'A prompt with a resource',
      argsSchema: textArguments({ resourceUri: 'URI of the resource to embed' }),
    },
    ({ resourceUri }) => ({
      messages: [
        user({
          type: 'resource',
          resource: { uri: resourceUri ?? '', mimeType: 'text/plain', text: 'Embedded resource content for testing.' },
        }),
        userText('Please process the embedded resource above.'),
      ],
    }),
  );
  server.registerPrompt('test_prompt_with_image', { description: 'A prompt with an image' }, () => ({
    messages: [
      user({ type: 'image', data: RED_PIXEL_PNG, mimeType: 'image/png' }),
      userText('Please analyze the image above.'),
    ],
  }));
  server.registerPrompt(
    'test_input_required_result_prompt',
    { description: 'A prompt that asks first' },
    ({ mcpReq }): GetPromptResult | InputRequiredResult => {
      const answer = acceptedContent(mcpReq.inputResponses, 'user_context');
      if (answer) return { messages: [userText(`Context: ${String(answer['context'])}`)] };
      const message = 'What context should the prompt use?';
      const requestedSchema = {
        type: 'object',
        properties: { context: { type: 'string' } },
        required: ['context'],
      } as const;
      return inputRequired({
        inputRequests: {
          user_context: inputRequired.elicit({
            message,
            requestedSchema: { ...requestedSchema, required: ['context'] },
          }),
        },
      });
    },
  );
  server.server.setRequestHandler('completion/complete', ({ params }) => {
    const known = ['paris', 'park', 'party'];
    const values = known.filter((value) => value.startsWith(params.argument.value));
    return { completion: { values, total: values.length, hasMore: false } };
  });
};
