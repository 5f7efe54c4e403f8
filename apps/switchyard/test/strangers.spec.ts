import { type Socket, connect } from 'node:net';
import { type Gateway, type McpDouble, startGateway, startMcpDouble } from '#libs/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFailed, vi } from 'vitest';

const BACKPRESSURE = 2;
const BODIES_BYTES_TOTAL = 1024 * 1024;
/** More than the kernel takes between the two ends of a connection. */
const BIG_CHARS = 8 * 1024 * 1024;
const SOCKETS = 400;
/** What is waited for comes soon on an idle machine, and comes on a busy one. */
const PATIENCE_MS = 120_000;

let gateway: Gateway;
let upstream: McpDouble;
let token: string;
let otherToken: string;
const sockets: Socket[] = [];
/** Lets the calls of the slow tool end. */
const slow: (() => void)[] = [];

beforeAll(async () => {
  const schema = { type: 'object' };
  upstream = await startMcpDouble({
    name: 'double',
    tools: ['echo', 'big', 'slow'].map((name) => ({ name, description: name, inputSchema: schema })),
    call: async ({ name }) => {
      if (name === 'slow') await new Promise<void>((resolve) => slow.push(resolve));
      return `"content":[{"type":"text","text":"${name === 'big' ? 'x'.repeat(BIG_CHARS) : 'hello'}"}],"isError":false`;
    },
  });
  gateway = await startGateway({
    mode: 'embedded',
    env: {
      BACKPRESSURE: String(BACKPRESSURE),
      MCP_BODY_BYTES_TOTAL: String(BODIES_BYTES_TOTAL),
      // Longer than it takes to find out, on a busy machine, that the places are taken.
      ANSWER_STALL_TIMEOUT: '30',
      REQUIRE_USER_IN_DB: 'false',
    },
  });
  await gateway.admin.register({ name: 'double', url: upstream.url });
  token = await gateway.tokenFor({ email: 'honest@example.com' });
  otherToken = await gateway.tokenFor({ email: 'other@example.com' });
});
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
});
afterAll(async () => {
  await gateway?.stop();
  await upstream?.stop();
});

const showLogs = (): void => onTestFailed(() => console.error(gateway.logs().slice(-4_000)));

interface Half {
  readonly socket: Socket;
  answer: string;
}

/** Sends the text and no more, and reads what comes. */
const send = async (text: string): Promise<Half> => {
  const { port } = new URL(gateway.url);
  const socket = connect(Number(port), '127.0.0.1');
  const half: Half = { socket, answer: '' };
  sockets.push(socket);
  socket.on('error', () => undefined);
  socket.on('data', (chunk) => (half.answer += String(chunk)));
  await new Promise((resolve) => socket.once('connect', resolve));
  socket.write(text);
  return half;
};
const head = (path: string, length: number, more = ''): string =>
  `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\nContent-Length: ${length}\r\n${more}\r\n`;

const callOf = (name: string, text = 'hello'): string =>
  JSON.stringify({
    jsonrpc: '2.0',
    id: 7,
    method: 'tools/call',
    params: { name: `double-${name}`, arguments: { text } },
  });

const call = async (text?: string): Promise<[number, unknown]> => {
  const response = await fetch(`${gateway.url}/rpc`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: callOf('echo', text),
  });
  const { id, result, error } = (await response.json()) as {
    id: unknown;
    result?: { content: unknown[] };
    error?: unknown;
  };
  return [response.status, error ?? [id, result?.content]];
};
const GOOD = [200, [7, [{ type: 'text', text: 'hello' }]]];
const statusLine = ({ answer }: Half): string => answer.split('\r\n', 1)[0] ?? '';

describe('clients that nobody knows', () => {
  it.each(['/mcp', '/rpc', '/auth/login'])(
    'half-sent requests to %s without a token keep no honest call out',
    async (path) => {
      showLogs();
      expect(await call()).toEqual(GOOD);
      const halves: Half[] = [];
      for (let count = 0; count < SOCKETS; count++) halves.push(await send(`${head(path, 100)}{`));
      for (let count = 0; count < 40; count++) expect(await call()).toEqual(GOOD);
      const rest = { headers: { authorization: `Bearer ${gateway.adminToken}` } };
      expect((await fetch(`${gateway.url}/gateways`, rest)).status).toBe(200);
      expect((await fetch(`${gateway.url}/health`)).status).toBe(200);
      // The oldest are told that they took too long, before they have been there for five seconds.
      await vi.waitFor(
        () => expect(halves.filter(({ answer }) => answer.startsWith('HTTP/1.1 408')).length).toBeGreaterThan(300),
        PATIENCE_MS,
      );
      const cut = halves.find(({ answer }) => answer !== '')?.answer ?? '';
      expect(cut).toContain('Connection: close');
      const body = JSON.parse(cut.slice(cut.indexOf('\r\n\r\n'))) as unknown;
      if (path === '/auth/login') expect(body).toMatchObject({ code: 'http.request_timeout' });
      else expect(body).toMatchObject({ jsonrpc: '2.0', error: { message: 'The request took too long to arrive' } });
    },
  );

  it('sockets that say nothing keep no honest call out', async () => {
    for (let count = 0; count < SOCKETS; count++) await send(count % 2 === 0 ? '' : 'POST /mcp HTTP/1.1\r\nHost: 127');
    for (let count = 0; count < 40; count++) expect(await call()).toEqual(GOOD);
  });

  it('uploads without a token are refused before they take the room of honest bodies', async () => {
    showLogs();
    const part = 'x'.repeat(100 * 1024);
    const halves: Half[] = [];
    for (let count = 0; count < 33; count++) halves.push(await send(head('/mcp', 4 * 1024 * 1024) + part));
    const refused = new Set(['HTTP/1.1 401 Unauthorized']);
    await vi.waitFor(() => expect(new Set(halves.map(statusLine))).toEqual(refused), PATIENCE_MS);
    for (let count = 0; count < 10; count++) expect(await call('y'.repeat(300 * 1024))).toEqual(GOOD);
  });

  it('a large upload without a token is refused by REST before it is read', async () => {
    const half = await send(head('/auth/login', 1_000_000));
    await vi.waitFor(() => expect(statusLine(half)).toBe('HTTP/1.1 413 Payload Too Large'), PATIENCE_MS);
  });
});

describe('calls that wait for their turn', () => {
  it('calls that wait for their turn at an upstream hold no place', async () => {
    showLogs();
    await gateway.admin.register({ name: 'narrow', url: `${upstream.url}/narrow`, concurrencyMax: 1 });
    const callSlow = async (bearer: string): Promise<number> => {
      const response = await fetch(`${gateway.url}/rpc`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${bearer}` },
        body: callOf('slow').replace('double-', 'narrow-'),
      });
      await response.text();
      return response.status;
    };
    const first = callSlow(otherToken);
    await vi.waitFor(() => expect(slow).toHaveLength(1));
    // Takes the second of two places, waits, and gives it back.
    const second = callSlow(await gateway.tokenFor({ email: 'third@example.com' }));
    await vi.waitFor(async () => {
      const [status, seen] = await call();
      expect([status, seen]).toEqual(GOOD);
      const metrics = await fetch(`${gateway.url}/internal/metrics`, {
        headers: { authorization: `Bearer ${gateway.adminToken}` },
      });
      expect(await metrics.text()).toMatch(/^upstream_calls_waiting(?:{.*})? 1$/m);
    });
    for (let count = 0; count < 10; count++) expect(await call()).toEqual(GOOD);
    slow[0]?.();
    await vi.waitFor(() => expect(slow).toHaveLength(2));
    slow[1]?.();
    expect(await Promise.all([first, second])).toEqual([200, 200]);
  });
});

describe('callers that do not read', () => {
  it('answers that nobody reads let go of their places, and until then MCP refuses in JSON-RPC', async () => {
    showLogs();
    const body = callOf('big');
    const leaveUnread = async (bearer: string): Promise<Half> => {
      const half = await send(`${head('/rpc', body.length, `Authorization: Bearer ${bearer}\r\n`)}${body}`);
      half.socket.once('data', () => half.socket.pause());
      await vi.waitFor(() => expect(statusLine(half)).toMatch(/^HTTP/), PATIENCE_MS);
      return half;
    };
    await leaveUnread(otherToken);
    // Whoever does not read has its share and no more.
    expect(statusLine(await leaveUnread(otherToken))).toBe('HTTP/1.1 429 Too Many Requests');
    expect(await call()).toEqual(GOOD);
    await leaveUnread(token);
    await vi.waitFor(async () => expect((await call())[0]).toBe(503), PATIENCE_MS);
    const refused = await fetch(`${gateway.url}/mcp`, { method: 'POST', body: callOf('echo') });
    expect([refused.status, refused.headers.get('retry-after'), await refused.json()]).toEqual([
      503,
      '1',
      expect.objectContaining({ jsonrpc: '2.0', error: expect.objectContaining({ code: 4503 }) }),
    ]);
    await vi.waitFor(async () => expect(await call()).toEqual(GOOD), PATIENCE_MS);
  });
});
