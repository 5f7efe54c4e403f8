import {
  type CallToolResult,
  type ClientCapabilities,
  CLIENT_CAPABILITIES_META_KEY,
  type InputRequest,
  type InputRequiredResult,
  type McpServer,
  type RequestStateCodec,
  type ServerContext,
  acceptedContent,
  fromJsonSchema,
  inputRequired,
  inputResponse,
} from '@modelcontextprotocol/server';
import { textResult } from './content-tools.js';

/** What a round of a call leaves for the next one; sealed by the codec. */
export interface RoundState {
  readonly round: number;
}

type Answer = CallToolResult | InputRequiredResult;
type FormSchema = Parameters<typeof inputRequired.elicit>[0]['requestedSchema'];

const nameForm: FormSchema = { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] };
const okForm: FormSchema = { type: 'object', properties: { ok: { type: 'boolean' } }, required: ['ok'] };

const ask = (text: string, maxTokens: number): InputRequest =>
  inputRequired.createMessage({ messages: [{ role: 'user', content: { type: 'text', text } }], maxTokens });

const elicit = (message: string, requestedSchema: FormSchema): InputRequest =>
  inputRequired.elicit({ message, requestedSchema });

const textOf = (result: { content: unknown }): string => {
  const blocks = [result.content].flat() as { type: string; text?: string }[];
  return blocks.map(({ text }) => text ?? '').join('');
};

type View = ReturnType<typeof inputResponse>;
type AsksFor = (
  key: string,
  request: (args: never) => InputRequest,
  use: (view: View) => CallToolResult | null,
) => (args: never, ctx: ServerContext) => Answer | Promise<Answer>;

/** Asks once for one thing; asks again until it comes in the right shape. */
const asksFor: AsksFor =
  (key, request, use) =>
  (args, { mcpReq }) =>
    use(inputResponse(mcpReq.inputResponses, key)) ?? inputRequired({ inputRequests: { [key]: request(args) } });

/** Asks while the call is open, by a request of the session. Without one it fails. */
const asksNow: AsksFor = (_key, request, use) => async (args, ctx) => {
  const { method, params } = request(args) as { method: string; params: never };
  const { mcpReq } = ctx;
  const onItsStream = { relatedRequestId: mcpReq.id };
  const answer =
    method === 'elicitation/create'
      ? { kind: 'elicit', ...(await mcpReq.elicitInput(params, onItsStream)) }
      : { kind: 'sampling', result: await mcpReq.requestSampling(params, onItsStream) };
  return use(answer as View) ?? textResult('That was no answer');
};

/** In this request where the revision says it in each, else in the session. */
const declared = (server: McpServer, { mcpReq }: ServerContext): ClientCapabilities => {
  const envelope = mcpReq.envelope as Record<string, ClientCapabilities> | undefined;
  return envelope?.[CLIENT_CAPABILITIES_META_KEY] ?? server.server.getClientCapabilities() ?? {};
};

/**
 * Tools that need the client's user, model or roots. Each is written once, as a call that is repeated with the
 * answers; towards a client of an older revision the SDK turns the questions into requests of its own.
 */
export const registerInputTools = (
  server: McpServer,
  codec: RequestStateCodec<RoundState>,
  only: 'modern' | null,
): void => {
  if (only === null) {
    registerQuestions(server, asksFor);
    registerElicitationForms(server, asksFor);
  }
  registerSimpleQuestions(server);
  registerCapabilityTools(server);
  registerRounds(server, codec);
};

/** Those that a server with sessions alone has: they ask by requests, and know of no other way. */
export const registerSessionTools = (server: McpServer): void => {
  registerQuestions(server, asksNow);
  registerElicitationForms(server, asksNow);
};

const oneText = (name: string) =>
  fromJsonSchema<Record<string, string>>({
    type: 'object',
    properties: { [name]: { type: 'string' } },
    required: [name],
  });

const sampled = (prefix: string) => (view: View) =>
  view.kind === 'sampling' ? textResult(`${prefix}${textOf(view.result)}`) : null;

const registerSimpleQuestions = (server: McpServer): void => {
  const noArguments = fromJsonSchema({ type: 'object' });
  server.registerTool(
    'test_input_required_result_sampling',
    { description: 'Asks the client’s model for a capital', inputSchema: noArguments },
    asksFor('capital_question', () => ask('What is the capital of France?', 100), sampled('')) as never,
  );
  server.registerTool(
    'test_input_required_result_list_roots',
    { description: 'Asks for the client’s roots', inputSchema: noArguments },
    asksFor('client_roots', inputRequired.listRoots, (view) =>
      view.kind === 'roots' ? textResult(`Roots: ${view.roots.map(({ uri }) => uri).join(', ')}`) : null,
    ) as never,
  );
  server.registerTool(
    'test_input_required_result_elicitation',
    { description: 'Asks for a name', inputSchema: noArguments },
    asksFor(
      'user_name',
      () => elicit('What is your name?', nameForm),
      (view) =>
        view.kind === 'elicit' && typeof view.content?.['name'] === 'string'
          ? textResult(`Hello, ${view.content['name']}!`)
          : null,
    ) as never,
  );
};

const registerQuestions = (server: McpServer, asks: AsksFor): void => {
  server.registerTool(
    'test_sampling',
    { description: 'Asks the client’s model', inputSchema: oneText('prompt') },
    asks('answer', ({ prompt }: { prompt: string }) => ask(prompt, 100), sampled('LLM response: ')) as never,
  );
  server.registerTool(
    'test_elicitation',
    { description: 'Asks the user', inputSchema: oneText('message') },
    asks(
      'user',
      ({ message }: { message: string }) =>
        elicit(message, {
          type: 'object',
          properties: {
            username: { type: 'string', description: "User's response" },
            email: { type: 'string', description: "User's email address" },
          },
          required: ['username', 'email'],
        }),
      (view) =>
        view.kind === 'elicit'
          ? textResult(`User response: action=${view.action}, content=${JSON.stringify(view.content ?? {})}`)
          : null,
    ) as never,
  );
};

const registerElicitationForms = (server: McpServer, asks: AsksFor): void => {
  const form = (name: string, description: string, requestedSchema: FormSchema): void => {
    server.registerTool(
      name,
      { description, inputSchema: fromJsonSchema({ type: 'object' }) },
      asks(
        'form',
        () => elicit('Please fill in the form', requestedSchema),
        (view) =>
          view.kind === 'elicit'
            ? textResult(`Elicitation completed: action=${view.action}, content=${JSON.stringify(view.content ?? {})}`)
            : null,
      ) as never,
    );
  };
  form('test_elicitation_sep1034_defaults', 'Asks with a default for each type', {
    type: 'object',
    properties: {
      name: { type: 'string', default: 'John Doe' },
      age: { type: 'integer', default: 30 },
      score: { type: 'number', default: 95.5 },
      status: { type: 'string', enum: ['active', 'inactive', 'pending'], default: 'active' },
      verified: { type: 'boolean', default: true },
    },
  });
  const titled = (names: readonly string[], kind: string) =>
    names.map((title, index) => ({ const: `value${index + 1}`, title: `${title} ${kind}` }));
  form('test_elicitation_sep1330_enums', 'Asks with each kind of choice', {
    type: 'object',
    properties: {
      untitledSingle: { type: 'string', enum: ['option1', 'option2', 'option3'] },
      titledSingle: { type: 'string', oneOf: titled(['First', 'Second', 'Third'], 'Option') },
      legacyEnum: {
        type: 'string',
        enum: ['opt1', 'opt2', 'opt3'],
        enumNames: ['Option One', 'Option Two', 'Option Three'],
      },
      untitledMulti: { type: 'array', items: { type: 'string', enum: ['option1', 'option2', 'option3'] } },
      titledMulti: { type: 'array', items: { anyOf: titled(['First', 'Second', 'Third'], 'Choice') } },
    },
  });
};

const registerCapabilityTools = (server: McpServer): void => {
  // The SDK refuses, in the name of the tool, to ask for what the client has not declared.
  server.registerTool('test_missing_capability', { description: 'Needs the client’s model' }, ({ mcpReq }) => {
    const answer = inputResponse(mcpReq.inputResponses, 'greeting');
    if (answer.kind === 'sampling') return textResult(textOf(answer.result));
    return inputRequired({ inputRequests: { greeting: ask('Generate a greeting', 50) } });
  });

  server.registerTool('test_streaming_elicitation', { description: 'Asks for a name after a message' }, async (ctx) => {
    const answer = acceptedContent(ctx.mcpReq.inputResponses, 'name');
    if (answer) return textResult(`Hello, ${String(answer['name'])}!`);
    await ctx.mcpReq.log('info', 'About to ask');
    return inputRequired({ inputRequests: { name: elicit('What is your name?', nameForm) } });
  });

  server.registerTool(
    'test_input_required_result_capabilities',
    { description: 'Asks for all that the client has declared' },
    (ctx) => {
      const { mcpReq } = ctx;
      if (mcpReq.inputResponses && Object.keys(mcpReq.inputResponses).length > 0) return textResult('Thank you');
      const { elicitation, sampling, roots } = declared(server, ctx);
      const inputRequests = {
        ...(elicitation && { user_name: elicit('What is your name?', nameForm) }),
        ...(sampling && { greeting: ask('Generate a greeting', 50) }),
        ...(roots && { client_roots: inputRequired.listRoots() }),
      };
      return Object.keys(inputRequests).length > 0
        ? inputRequired({ inputRequests })
        : textResult('The client offers nothing to ask for');
    },
  );
};

const registerRounds = (server: McpServer, codec: RequestStateCodec<RoundState>): void => {
  const confirmed = (name: string, description: string): void => {
    server.registerTool(name, { description }, async ({ mcpReq }) => {
      const state = mcpReq.requestState<RoundState>();
      const answer = acceptedContent(mcpReq.inputResponses, 'confirm');
      if (answer && state?.round === 1) return textResult(`state-ok, confirmed: ${String(answer['ok'])}`);
      return inputRequired({
        inputRequests: { confirm: elicit('Please confirm', okForm) },
        requestState: await codec.mint({ round: 1 }),
      });
    });
  };
  confirmed('test_input_required_result_request_state', 'Asks, and wants its state back');
  confirmed('test_input_required_result_tampered_state', 'Asks, and refuses a state that is not its own');

  server.registerTool(
    'test_input_required_result_multiple_inputs',
    { description: 'Asks for three things' },
    async ({ mcpReq }) => {
      const name = acceptedContent(mcpReq.inputResponses, 'user_name');
      const greeting = inputResponse(mcpReq.inputResponses, 'greeting');
      const roots = inputResponse(mcpReq.inputResponses, 'client_roots');
      if (name && greeting.kind === 'sampling' && roots.kind === 'roots' && mcpReq.requestState<RoundState>()) {
        return textResult(`${textOf(greeting.result)}, ${String(name['name'])}: ${roots.roots.length} roots`);
      }
      return inputRequired({
        inputRequests: {
          user_name: elicit('What is your name?', nameForm),
          greeting: ask('Generate a greeting', 50),
          client_roots: inputRequired.listRoots(),
        },
        requestState: await codec.mint({ round: 1 }),
      });
    },
  );

  server.registerTool('test_input_required_result_multi_round', { description: 'Asks twice' }, async ({ mcpReq }) => {
    const round = mcpReq.requestState<RoundState>()?.round ?? 0;
    const color = acceptedContent(mcpReq.inputResponses, 'step2');
    if (round === 2 && color) return textResult(`Your favorite color is ${String(color['color'])}`);
    if (round === 2 || (round === 1 && acceptedContent(mcpReq.inputResponses, 'step1'))) {
      const colorForm: FormSchema = { type: 'object', properties: { color: { type: 'string' } }, required: ['color'] };
      return inputRequired({
        inputRequests: { step2: elicit('Step 2: What is your favorite color?', colorForm) },
        requestState: await codec.mint({ round: 2 }),
      });
    }
    return inputRequired({
      inputRequests: { step1: elicit('Step 1: What is your name?', nameForm) },
      requestState: await codec.mint({ round: 1 }),
    });
  });
};
