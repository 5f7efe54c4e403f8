// A server of the npm SDK v1, over stdio, in which calls change what it offers.
import { randomUUID } from 'node:crypto';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import {
  CallToolRequestSchema,
  ListResourcesRequestSchema,
  ListToolsRequestSchema,
  ReadResourceRequestSchema,
  SubscribeRequestSchema,
  UnsubscribeRequestSchema,
} from '@modelcontextprotocol/sdk/types.js';

/** In sandboxes of their own all have the same process id. */
const self = randomUUID();
const URI = 'changing://state';
const tools = new Set(['add', 'drop', 'touch', 'log']);
const subscribed = new Set<string>();
let touches = 0;

const server = new Server(
  { name: 'changing', version: '1.0.0' },
  { capabilities: { tools: { listChanged: true }, resources: { subscribe: true }, logging: {} } },
);
server.setRequestHandler(ListToolsRequestSchema, () => ({
  tools: [...tools].map((name) => ({ name, inputSchema: { type: 'object' as const } })),
}));
server.setRequestHandler(ListResourcesRequestSchema, () => ({ resources: [{ uri: URI, name: 'state' }] }));
server.setRequestHandler(ReadResourceRequestSchema, () => ({ contents: [{ uri: URI, text: `${touches}` }] }));
server.setRequestHandler(SubscribeRequestSchema, ({ params: { uri } }) => {
  subscribed.add(uri);
  return {};
});
server.setRequestHandler(UnsubscribeRequestSchema, ({ params: { uri } }) => {
  subscribed.delete(uri);
  return {};
});
server.setRequestHandler(CallToolRequestSchema, async ({ params: { name, arguments: args = {} } }) => {
  const said = (text: string, isError = false) => ({ content: [{ type: 'text', text }], isError });
  const named = String(args['name']);
  if (!tools.has(name)) return said(`no tool ${name}`, true);
  if (name === 'add' || name === 'drop') {
    if (name === 'add') tools.add(named);
    else tools.delete(named);
    await server.sendToolListChanged();
  }
  if (name === 'touch') {
    touches++;
    if (subscribed.has(URI)) await server.sendResourceUpdated({ uri: URI });
  }
  // Behind the result, which is written as soon as this has returned.
  if (name === 'log') setTimeout(() => void server.sendLoggingMessage({ level: 'info', data: args['text'] }), 2);
  return said(`${name} ${self}`);
});
await server.connect(new StdioServerTransport());
