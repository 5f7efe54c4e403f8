import { once } from 'node:events';
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

type Conduct = (request: IncomingMessage, response: ServerResponse, id: unknown) => void;

const json = (response: ServerResponse, body: unknown, status = 200, headers: Record<string, string> = {}): void => {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
};

const MESSAGE = `data: ${JSON.stringify({ jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data: 'x'.repeat(4_000) } })}\n\n`;

/** Writes as fast as it is read, until the connection ends. */
const flood = async (response: ServerResponse): Promise<void> => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const closed = once(response, 'close');
  while (!response.destroyed)
    if (!response.write(MESSAGE))
      await Promise.race([new Promise((resolve) => response.once('drain', resolve)), closed]);
};

const CONDUCTS = {
  'is well': (_request, response, id) => {
    const result = { resultType: 'complete', content: [{ type: 'text', text: 'fine' }], isError: false };
    json(response, { jsonrpc: '2.0', id, result });
  },
  hangs: () => {},
  resets: ({ socket }) => void socket.resetAndDestroy(),
  'drips a byte a second': (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const drops = setInterval(() => response.write(':'), 1_000);
    response.once('close', () => clearInterval(drops));
  },
  'answers 503': (_request, response) => json(response, {}, 503, { 'retry-after': '1' }),
  'answers 429': (_request, response) => json(response, {}, 429, { 'retry-after': '1' }),
  floods: (_request, response) => void flood(response),
} as const satisfies Record<string, Conduct>;

export type Conducted = keyof typeof CONDUCTS;

/** Upstreams that are well until they are called: one for each way in which calls go, all with the tool `echo`. */
export const startSickUpstreams = async (): Promise<{ urls: Record<Conducted, string>; stop(): Promise<void> }> => {
  const servers = await Promise.all(
    Object.entries(CONDUCTS).map(async ([name, conduct]) => {
      const server = createServer((request, response) => void answer(request, response, conduct));
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      return { name, server };
    }),
  );
  const urlOf = (address: AddressInfo): string => `http://127.0.0.1:${address.port}/mcp`;
  return {
    urls: Object.fromEntries(
      servers.map(({ name, server }) => [name, urlOf(server.address() as AddressInfo)]),
    ) as Record<Conducted, string>,
    stop: async () => {
      for (const { server } of servers) server.closeAllConnections();
      await Promise.all(servers.map(({ server }) => new Promise((resolve) => server.close(resolve))));
    },
  };
};

const RESULTS: Readonly<Record<string, object>> = {
  'server/discover': { supportedVersions: ['2026-07-28'], capabilities: { tools: {} } },
  'tools/list': { tools: [{ name: 'echo', inputSchema: { type: 'object' } }] },
};

const answer = async (request: IncomingMessage, response: ServerResponse, conduct: Conduct): Promise<void> => {
  const body = await text(request);
  const { id, method } = (body === '' ? {} : JSON.parse(body)) as { id?: unknown; method?: string };
  if (method === 'tools/call') return conduct(request, response, id);
  const result = RESULTS[method ?? ''];
  // It tells of no changes.
  if (result === undefined) return void response.writeHead(405).end();
  json(response, {
    jsonrpc: '2.0',
    id,
    result: { resultType: 'complete', ttlMs: 0, cacheScope: 'private', ...result },
  });
};
