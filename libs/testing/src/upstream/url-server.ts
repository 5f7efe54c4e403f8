// A server of the npm SDK v1 that sends users to a URL of its own, over stdio or, with a first argument, over Streamable
// HTTP with sessions; then it says the port it listens on in its first line.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import {
  CallToolRequestSchema,
  ListToolsRequestSchema,
  UrlElicitationRequiredError,
} from '@modelcontextprotocol/sdk/types.js';
import { sessionHandler } from './session-handler.js';

interface Visit {
  done: boolean;
  runs: number;
  /** Says that it is done. */
  tell: () => Promise<void>;
}

const visits = new Map<string, Visit>();
const pages = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '', 'http://localhost');
  const visit = visits.get(pathname.slice(1));
  response.writeHead(visit === undefined ? 404 : 200).end();
  if (visit === undefined) return;
  visit.done = !searchParams.has('broken');
  if (!searchParams.has('silent')) void visit.tell();
});
await new Promise<void>((resolve) => pages.listen(0, '127.0.0.1', resolve));
pages.unref();
const { port } = pages.address() as AddressInfo;

const build = async (transport: Transport): Promise<void> => {
  const server = new Server({ name: 'url-server', version: '1.0.0' }, { capabilities: { tools: {} } });
  server.setRequestHandler(ListToolsRequestSchema, () => ({
    tools: ['enter', 'ask'].map((name) => ({ name, inputSchema: { type: 'object' as const } })),
  }));
  server.setRequestHandler(CallToolRequestSchema, async ({ params: { name, arguments: args = {} } }) => {
    const id = String(args['id']);
    const visit = visits.get(id) ?? { done: false, runs: 0, tell: () => Promise.resolve() };
    visits.set(id, visit);
    visit.runs++;
    if (server.getClientCapabilities()?.elicitation?.url) visit.tell = server.createElicitationCompletionNotifier(id);
    const asked = {
      mode: 'url' as const,
      elicitationId: id,
      url: `http://127.0.0.1:${port}/${id}`,
      message: 'Sign in',
    };
    const answer = (text: string) => ({ content: [{ type: 'text', text }] });
    if (name === 'ask') {
      const { action } = await server.elicitInput(asked);
      if (action === 'accept') while (!visit.done) await sleep(20);
      return answer(`${action} ${visit.runs}`);
    }
    if (!visit.done) throw new UrlElicitationRequiredError([asked], 'Sign in first');
    return answer(`in ${visit.runs}`);
  });
  await server.connect(transport);
};

if (process.argv[2] === undefined) await build(new StdioServerTransport());
else {
  const handle = sessionHandler(build);
  const server = createServer((request, response) => void handle(request, response));
  server.keepAliveTimeout = 120_000;
  server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`));
}
