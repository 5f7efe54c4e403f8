import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '#libs/testing';
import { givenInvocation, type CallOptions, type Invocation } from './invocation.js';
import { json, result, rpcError } from './raw-upstream.js';
import { serve } from './sdk-servers.js';

let invocation: Invocation;
const raw: { close(): Promise<void> }[] = [];
beforeAll(async () => {
  invocation = await givenInvocation();
});
afterEach(async () => {
  await Promise.all(raw.splice(0).map((server) => server.close()));
});
afterAll(() => invocation.close());

const ABOUT = { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 'one', version: '1' } };

/** Has one session for everybody, and says in its answers which. */
const startSingle = async (refusalStatus: number) => {
  let session: string | undefined;
  let asked = 0;
  const server = await serve((req, res, body) => {
    const { id, method } = (body ?? {}) as { id?: number; method?: string };
    if (req.method !== 'POST') return res.writeHead(405).end();
    if (method === 'initialize') {
      asked++;
      const refused = rpcError(null, -32600, 'Invalid Request: Server already initialized');
      if (session !== undefined) return json(res, refused, refusalStatus);
      session = randomUUID();
      return json(res, result(id, ABOUT), 200, { 'mcp-session-id': session });
    }
    if (id === undefined) return res.writeHead(202).end();
    if (req.headers['mcp-session-id'] !== session || session === undefined)
      return json(res, rpcError(null, -32000, 'Bad Request: Server not initialized'), 400);
    if (method === 'tools/list') return json(res, result(id, { tools: [] }));
    return json(res, result(id, { content: [{ type: 'text', text: session }] }));
  });
  raw.push(server);
  return { url: server.url, session: () => session, asked: () => asked };
};

const revision = '2025-11-25';
const sessionOf = (key: string) => ({ client: { info: null, capabilities: { elicitation: {} }, revision, key } });
const CLIENTS: Record<string, CallOptions> = {
  'cannot be asked': { client: { info: null, capabilities: {}, revision } },
  'can be asked': sessionOf('one'),
  'can be asked and belongs to another principal': {
    ...sessionOf('two'),
    principal: { id: 'bob@example.com', tokenId: null },
  },
  'is of 2026-07-28': {},
};
const said = async (upstream: ReturnType<Invocation['profile']>, options: CallOptions): Promise<string> => {
  const { body } = await invocation.call(upstream, 'hello', {}, options);
  return JSON.parse(body as string).content[0].text;
};

describe('an upstream that opens one session alone', () => {
  it.each([200, 400, 409, 500])(
    'an upstream that opens one session alone is used by all clients when it refuses another by HTTP %i',
    async (status) => {
      const single = await startSingle(status);
      const upstream = invocation.profile({ url: single.url });
      await invocation.discover(upstream);
      for (const options of Object.values(CLIENTS)) expect(await said(upstream, options)).toBe(single.session());
      // By discovery, and by the first client whose session would be another.
      expect(single.asked()).toBe(2);
    },
  );

  it('an upstream that opens one session alone is used by all clients when what it is shown was given at the registration and is stored since', async () => {
    const single = await startSingle(400);
    const upstream = invocation.profile({ url: single.url });
    const credential = { headers: { Authorization: 'Bearer one' } };
    await invocation.discover(upstream, 'STREAMABLEHTTP', credential);
    invocation.credentials.set(upstream.id, credential);
    expect(await said(upstream, sessionOf('one'))).toBe(single.session());
  });

  it('an upstream that opens one session alone is not used with the session of another credential', async () => {
    const single = await startSingle(400);
    const upstream = invocation.profile({ url: single.url });
    await invocation.discover(upstream);
    invocation.credentials.set(upstream.id, { headers: { Authorization: 'Bearer two' } });
    await expect(said(upstream, sessionOf('one'))).rejects.toMatchObject({
      message: expect.stringContaining('already initialized'),
      executed: 'no',
    });
  });

  it('an upstream that opens one session alone is not used by another principal when the only session is of a client that can be asked', async () => {
    const single = await startSingle(400);
    const upstream = invocation.profile({ url: single.url });
    expect(await said(upstream, sessionOf('one'))).toBe(single.session());
    const bob = { ...sessionOf('two'), principal: { id: 'bob@example.com', tokenId: null } };
    await expect(said(upstream, bob)).rejects.toMatchObject({ executed: 'no' });
    expect(await said(upstream, sessionOf('three'))).toBe(single.session());
  });

  it('an upstream that opens one session alone gives no session away when a client was promised one that remembers', async () => {
    const single = await startSingle(400);
    const upstream = invocation.profile({ url: single.url });
    await invocation.discover(upstream);
    const dedicatedSession = { key: 'ada', renewable: true };
    await expect(said(upstream, { ...sessionOf('one'), dedicatedSession })).rejects.toMatchObject({
      executed: 'no',
    });
  });
});

it('a process that no other can run beside is used by all clients when it holds a port', async () => {
  const script = `
    const server = require('net').createServer().on('error', () => process.exit(1)).listen(${await freePort()}, '127.0.0.1');
    server.on('listening', () => require('readline').createInterface({ input: process.stdin }).on('line', (line) => {
      const { id, method } = JSON.parse(line);
      if (id === undefined) return;
      const known = { initialize: ${JSON.stringify(ABOUT)}, 'tools/list': { tools: [] },
        'tools/call': { content: [{ type: 'text', text: String(process.pid) }] } };
      const result = known[method];
      const answer = result ? { result } : { error: { code: -32601, message: 'no' } };
      console.log(JSON.stringify({ jsonrpc: '2.0', id, ...answer }));
    }).on('close', () => process.exit()));`;
  const upstream = invocation.profile({ transport: 'STDIO', command: process.execPath, args: ['-e', script] });
  await invocation.discover(upstream);
  const pids = [];
  for (const options of Object.values(CLIENTS)) pids.push(await said(upstream, options));
  expect(new Set(pids).size).toBe(1);
});
