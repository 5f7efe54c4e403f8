import { setTimeout as sleep } from 'node:timers/promises';
import { type CallToolResult, type McpServer, fromJsonSchema } from '@modelcontextprotocol/server';
import { RED_PIXEL_PNG, SILENT_WAV } from './samples.js';

export const textResult = (text: string): CallToolResult => ({ content: [{ type: 'text', text }] });

const image = { type: 'image', data: RED_PIXEL_PNG, mimeType: 'image/png' } as const;

/** Tools that answer with each kind of content, and tools that say something on the way. */
export const registerContentTools = (server: McpServer): void => {
  const fixed = (name: string, description: string, result: CallToolResult): void => {
    server.registerTool(name, { description }, () => result);
  };
  fixed('test_simple_text', 'Answers with text', textResult('This is a simple text response for testing.'));
  fixed('test_image_content', 'Answers with an image', { content: [image] });
  fixed('test_audio_content', 'Answers with a sound', {
    content: [{ type: 'audio', data: SILENT_WAV, mimeType: 'audio/wav' }],
  });
  fixed('test_embedded_resource', 'Answers with a resource', {
    content: [
      {
        type: 'resource',
        resource: {
          uri: 'test://embedded-resource',
          mimeType: 'text/plain',
          text: 'This is an embedded resource content.',
        },
      },
    ],
  });
  fixed('test_multiple_content_types', 'Answers with text, an image and a resource', {
    content: [
      { type: 'text', text: 'Multiple content types test:' },
      image,
      {
        type: 'resource',
        resource: {
          uri: 'test://mixed-content-resource',
          mimeType: 'application/json',
          text: JSON.stringify({ test: 'data', value: 123 }),
        },
      },
    ],
  });
  server.registerTool('test_error_handling', { description: 'Always fails' }, () => {
    throw new Error('This tool intentionally returns an error for testing');
  });
  registerTalkingTools(server);
  registerSchemaTools(server);
};

const PAUSE_MS = 50;
const LONG_MS = 5_300;

const registerTalkingTools = (server: McpServer): void => {
  server.registerTool('test_tool_with_logging', { description: 'Logs while it works' }, async ({ mcpReq }) => {
    await mcpReq.log('info', 'Tool execution started');
    await sleep(PAUSE_MS);
    await mcpReq.log('info', 'Tool processing data');
    await sleep(PAUSE_MS);
    await mcpReq.log('info', 'Tool execution completed');
    return textResult('Logged three messages');
  });

  server.registerTool('test_logging_tool', { description: 'Logs once' }, async ({ mcpReq }) => {
    await mcpReq.log('info', 'One message');
    return textResult('Logged one message');
  });

  server.registerTool('test_tool_with_progress', { description: 'Reports progress' }, async ({ mcpReq }) => {
    const progressToken = mcpReq._meta?.progressToken;
    for (const progress of [0, 50, 100]) {
      if (progressToken !== undefined) {
        await mcpReq.notify({ method: 'notifications/progress', params: { progressToken, progress, total: 100 } });
      }
      await sleep(PAUSE_MS);
    }
    return textResult('Done');
  });

  server.registerTool(
    'test_reconnection',
    { description: 'Closes the stream of its own call and answers once the client has come back' },
    async ({ http }) => {
      // Where streams cannot be resumed (2026-07-28) it just takes long, for what is between to close one.
      http?.closeSSE?.();
      await sleep(http?.closeSSE === undefined ? LONG_MS : 2 * PAUSE_MS);
      return textResult('Answered after the stream was closed');
    },
  );
};

const registerSchemaTools = (server: McpServer): void => {
  server.registerTool(
    'json_schema_2020_12_tool',
    { description: 'Tool with JSON Schema 2020-12 features', inputSchema: fromJsonSchema(richSchema as never) },
    (input) => textResult(JSON.stringify(input)),
  );
  server.registerTool(
    'test_x_mcp_header',
    {
      description: 'Has a parameter that is mirrored into a header',
      inputSchema: fromJsonSchema<{ region: string }>({
        type: 'object',
        properties: { region: { type: 'string', 'x-mcp-header': 'Region' } as never },
        required: ['region'],
      }),
    },
    ({ region }) => textResult(`Region: ${region}`),
  );
};

/** What https://json-schema.org/draft/2020-12 allows and a careless relay loses. */
const richSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  $defs: {
    address: {
      $anchor: 'addressDef',
      type: 'object',
      properties: { street: { type: 'string' }, city: { type: 'string' } },
    },
  },
  properties: {
    name: { type: 'string' },
    address: { $ref: '#/$defs/address' },
    contactMethod: { type: 'string', enum: ['phone', 'email'] },
    phone: { type: 'string' },
    email: { type: 'string' },
  },
  allOf: [{ anyOf: [{ required: ['phone'] }, { required: ['email'] }] }],
  if: { properties: { contactMethod: { const: 'phone' } }, required: ['contactMethod'] },
  // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema
  then: { required: ['phone'] },
  else: { required: ['email'] },
  additionalProperties: false,
};
