import { readFileSync } from 'node:fs';
import { type Socket, connect } from 'node:net';
import { type Gateway, type McpDouble, startGateway, startMcpDouble } from '#libs/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFailed, vi } from 'vitest';

const HEAP_MIB = 200;
const CLIENTS = 64;
/** 4 MiB each, of characters that take two bytes in memory. */
const CHARS = 1_400_000;
/** The heap, what Node and the kernel keep beside it, and the database's client. */
const RESIDENT_MIB_MAX = 480;

let gateway: Gateway;
let upstream: McpDouble;
let honest: string;
let sockets: Socket[];
/** Answers that the upstream has begun to send. */
let answers = 0;

beforeAll(async () => {
  const big = `"content":[{"type":"text","text":"${'☃'.repeat(CHARS)}"}],"isError":false`;
  upstream = await startMcpDouble({
    name: 'double',
    tools: ['echo', 'big'].map((name) => ({ name, description: name, inputSchema: { type: 'object' } })),
    call: async ({ name }) => {
      if (name === 'echo') return '"content":[],"isError":false';
      answers++;
      return big;
    },
  });
  gateway = await startGateway({
    mode: 'embedded',
    env: { NODE_OPTIONS: `--max-old-space-size=${HEAP_MIB}`, REQUIRE_USER_IN_DB: 'false', TOOL_TIMEOUT: '60' },
  });
  await gateway.admin.register({ name: 'double', url: upstream.url });
  honest = await gateway.tokenFor({ email: 'honest@example.com' });
  await call('echo');
});
afterAll(async () => {
  await gateway?.stop();
  await upstream?.stop();
});
beforeEach(() => {
  sockets = [];
  answers = 0;
  onTestFailed(() => console.error(gateway.logs().slice(-4_000)));
});
afterEach(() => {
  for (const socket of sockets) socket.destroy();
});

const ENVELOPE = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1' },
  'io.modelcontextprotocol/clientCapabilities': {},
};
const requestFor = (name: string, token: string): { headers: Record<string, string>; body: string } => ({
  headers: {
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    'mcp-protocol-version': '2026-07-28',
    'mcp-method': 'tools/call',
    'mcp-name': `double-${name}`,
  },
  body: JSON.stringify({
    jsonrpc: '2.0',
    id: 7,
    method: 'tools/call',
    params: { name: `double-${name}`, arguments: {}, _meta: ENVELOPE },
  }),
});

/** Calls the tool with the big answer and reads nothing of it. */
const callAndLeave = async (token: string): Promise<void> => {
  const { headers, body } = requestFor('big', token);
  const { port, host } = new URL(gateway.url);
  const fields = { ...headers, host, 'content-length': String(Buffer.byteLength(body)) };
  const socket = connect(Number(port), '127.0.0.1');
  sockets.push(socket);
  socket.on('error', () => {});
  socket.pause();
  await new Promise((resolve) => socket.once('connect', resolve));
  const head = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`POST /mcp HTTP/1.1\r\n${head.join('')}\r\n${body}`);
};

/** How long the text of the answer is, or the error. */
const call = async (name: string): Promise<unknown> => {
  const response = await fetch(`${gateway.url}/mcp`, { method: 'POST', ...requestFor(name, honest) });
  // An answer that had to wait comes as an event.
  const text = (await response.text()).replace(/^[^]*^data: (?=\{)/m, '');
  const { result, error } = JSON.parse(text) as { result?: { content: readonly { text: string }[] }; error?: unknown };
  return error ?? result?.content[0]?.text.length ?? 0;
};

const residentMiB = (): number => {
  const pages = Number(readFileSync(`/proc/${gateway.process('switchyard').server.pid}/statm`, 'utf8').split(' ')[1]);
  return (pages * 4_096) / 2 ** 20;
};

describe('answers that nobody reads', () => {
  it.each([
    { owner: 'one caller', callers: 1, bigCalls: 2 },
    // Whoever has many callers makes a large answer of another wait for its turn, and no more than that.
    { owner: 'a caller each', callers: CLIENTS, bigCalls: 1 },
  ])(
    'a gateway with a small heap serves the others when 64 clients of $owner read nothing of 4 MB each',
    async ({ callers, bigCalls }) => {
      const tokens = await Promise.all(
        Array.from({ length: callers }, (_, number) => gateway.tokenFor({ email: `c${number}@example.com` })),
      );
      for (let client = 0; client < CLIENTS; client++) await callAndLeave(tokens[client % callers] ?? '');
      await vi.waitFor(() => expect(answers).toBeGreaterThan(8));

      let most = 0;
      for (let calls = 0; calls < 8; calls++) {
        expect(await call('echo')).toBe(0);
        most = Math.max(most, residentMiB());
      }
      for (let calls = 0; calls < bigCalls; calls++) expect(await call('big')).toBe(CHARS);
      most = Math.max(most, residentMiB());
      expect(gateway.process('switchyard').server.running).toBe(true);
      expect(most).toBeLessThan(RESIDENT_MIB_MAX);

      const metrics = await fetch(`${gateway.url}/internal/metrics`, {
        headers: { authorization: `Bearer ${gateway.adminToken}` },
      });
      const figure = (name: string, text: string): number =>
        Number(new RegExp(`^${name}(?:{.*})? (\\S+)`, 'm').exec(text)?.[1]);
      const text = await metrics.text();
      expect(figure('held_bytes_waits_total', text)).toBeGreaterThan(0);
      // A whole answer may go on where all others wait for each other.
      expect(figure('held_bytes', text)).toBeLessThan(figure('held_bytes_max', text) + 16 * 2 ** 20);
    },
  );

  it('a gateway holds nothing any more when the clients that did not read are gone', async () => {
    const metrics = async (): Promise<string> => {
      const headers = { authorization: `Bearer ${gateway.adminToken}` };
      const text = await (await fetch(`${gateway.url}/internal/metrics`, { headers })).text();
      return /^held_bytes(?:{.*})? (\S+)/m.exec(text)?.[1] ?? '';
    };
    await expect.poll(metrics, { interval: 200 }).toBe('0');
  });
});
