// A server of the npm SDK v1 whose questions come on no call's stream: over stdio, or, with the name of a transport as
// argument, on the GET stream of an HTTP session or over HTTP+SSE. Says the port it listens on in its first line. The next
// argument is how long it takes to open a GET stream, in ms.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { SSEServerTransport } from '@modelcontextprotocol/sdk/server/sse.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { CallToolRequestSchema, ListToolsRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { type Handler, sessionHandler } from './session-handler.js';

const [, , kind, streamAfterMs = '0'] = process.argv;

interface Arguments {
  readonly canary?: string;
  readonly kind?: 'elicitation' | 'sampling' | 'roots';
  readonly afterMs?: number;
}

/** What the client says, to a question that names the canary where such a question has a text. */
const ask = async (server: Server, { canary = '', kind = 'elicitation' }: Arguments): Promise<string> => {
  if (kind === 'roots') return (await server.listRoots()).roots[0]?.name ?? '';
  if (kind === 'sampling') {
    const messages = [{ role: 'user' as const, content: { type: 'text' as const, text: canary } }];
    const { content } = await server.createMessage({ messages, maxTokens: 1 });
    return content.type === 'text' ? content.text : '';
  }
  const properties = { answer: { type: 'string' as const } };
  const { content } = await server.elicitInput({ message: canary, requestedSchema: { type: 'object', properties } });
  return String(content?.['answer']);
};

const build = async (transport: Transport): Promise<void> => {
  const server = new Server({ name: 'common-stream', version: '1.0.0' }, { capabilities: { tools: {} } });
  let calls = 0;
  server.setRequestHandler(ListToolsRequestSchema, () => ({
    tools: ['ask', 'wait', 'count'].map((name) => ({ name, inputSchema: { type: 'object' as const } })),
  }));
  server.setRequestHandler(CallToolRequestSchema, async ({ params: { name, arguments: args = {} } }) => {
    calls++;
    const { afterMs = 0 } = args as Arguments;
    // Like many servers it takes no notice when it is cancelled.
    await sleep(afterMs);
    const said = name === 'ask' ? await ask(server, args as Arguments) : name;
    const text = name === 'count' ? `${calls}` : `${String(args['canary'])} ${said}`;
    return { content: [{ type: 'text', text }] };
  });
  await server.connect(transport);
};

const overHttp = (): Handler => {
  const handle = sessionHandler(build);
  return async (request, response) => {
    if (request.method === 'GET') await sleep(Number(streamAfterMs));
    await handle(request, response);
  };
};

const overSse = (): Handler => {
  const sessions = new Map<string | null, SSEServerTransport>();
  return async (request, response) => {
    if (request.method === 'GET') {
      const transport = new SSEServerTransport('/messages', response);
      sessions.set(transport.sessionId, transport);
      return build(transport);
    }
    const { searchParams } = new URL(request.url ?? '', 'http://localhost');
    const transport = sessions.get(searchParams.get('sessionId'));
    if (transport === undefined) return void response.writeHead(404).end();
    return transport.handlePostMessage(request, response);
  };
};

if (kind === undefined) await build(new StdioServerTransport());
else {
  const handle = kind === 'sse' ? overSse() : overHttp();
  const server = createServer((request, response) => void handle(request, response));
  server.keepAliveTimeout = 120_000;
  server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`));
}
