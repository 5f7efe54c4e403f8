import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { CheckUpstream } from '#contracts/tool-invocation/health/check-upstream.request';
import { freePort } from '#libs/testing';
import { codeOf, opensAfterItsFailures } from './breaker.js';
import { givenInvocation, type Invocation } from './invocation.js';
import { type Answering, json, openStream, result, startRawLegacy, startRawModern } from './raw-upstream.js';
import { serve } from './sdk-servers.js';

const FAILURES_MAX = 3;

let invocation: Invocation;
const raw: { close(): Promise<void> }[] = [];
beforeAll(async () => {
  invocation = await givenInvocation({
    MCP_SESSION_POOL_CIRCUIT_BREAKER_THRESHOLD: String(FAILURES_MAX),
    MCP_SESSION_POOL_CREATE_TIMEOUT: '6',
    HTTPX_CONNECT_TIMEOUT: '3',
    UPSTREAM_RESULT_BYTES_MAX: '10000',
  });
});
afterEach(async () => {
  await Promise.all(raw.splice(0).map((server) => server.close()));
});
afterAll(() => invocation.close());

const ok = { resultType: 'complete', content: [{ type: 'text', text: 'fine' }] };

/** What comes of it in time: the little that calls have here is for those that are to be late. */
const inTime = async (call: () => Promise<unknown>): Promise<string> => {
  let code = await codeOf(call());
  while (code === 'upstream.timed_out') code = await codeOf(call());
  return code;
};

/** Does `odd` with the calls of the tool "odd", and answers the others as it should. */
const upstreamWith = async (odd: Answering, start: typeof startRawModern = startRawModern) => {
  const upstream = await start((request, res, req) =>
    request.method === 'tools/call' && request.params['name'] === 'odd'
      ? odd(request, res, req)
      : json(res, result(request.id, ok)),
  );
  raw.push(upstream);
  return invocation.profile({ url: upstream.url, timeoutMs: 400 });
};

describe('the breaker of an upstream', () => {
  it.each<[string, Answering]>([
    ['answers no MCP message', (_request, res) => json(res, '{"hello":"world"}')],
    ['answers text', (_request, res) => res.writeHead(200, { 'content-type': 'text/plain' }).end('no')],
    ['answers without a result', (request, res) => json(res, { jsonrpc: '2.0', id: request.id })],
    ['answers HTTP 500', (_request, res) => json(res, 'oops', 500)],
    ['answers HTTP 422', (_request, res) => json(res, 'oops', 422)],
    ['answers too much', (request, res) => json(res, result(request.id, { ...ok, more: 'x'.repeat(20_000) }))],
    ['is silent', () => undefined],
    [
      'is silent on its stream',
      (_request, res) => {
        openStream(res);
        res.write(': wait\n\n');
      },
    ],
  ])('a breaker stays closed when one tool %s, however often', async (_title, odd) => {
    for (const start of [startRawModern, startRawLegacy] as const) {
      const profile = await upstreamWith(odd, start as typeof startRawModern);
      for (let call = 0; call < FAILURES_MAX * 3; call++)
        expect(await codeOf(invocation.call(profile, 'odd'))).not.toBe('upstream.breaker_open');
      expect(await inTime(() => invocation.call(profile, 'other'))).toBe('ok');
    }
  });

  it('a breaker stays closed when many calls of one caller are slow at once', async () => {
    const profile = await upstreamWith(() => undefined);
    await Promise.all(Array.from({ length: 10 }, () => codeOf(invocation.call(profile, 'odd'))));
    const bob = { principal: { id: 'bob', tokenId: null } };
    expect(await inTime(() => invocation.call(profile, 'other', {}, bob))).toBe('ok');
  });

  it('a breaker opens after so many failures when nobody listens', async () => {
    const profile = invocation.profile({ url: `http://127.0.0.1:${await freePort()}/mcp` });
    await opensAfterItsFailures(FAILURES_MAX, () => invocation.call(profile, 'x'));
  });

  it.each<[string, Parameters<typeof serve>[0]]>([
    ['is refused', (_req, res) => json(res, '<html>', 404, { 'content-type': 'text/html' })],
    ['breaks off', (_req, res) => res.destroy()],
    ['is answered with nonsense', (_req, res) => json(res, '{"hello":"world"}')],
    ['is answered with 503', (_req, res) => json(res, '', 503)],
  ])('a breaker opens after so many failures when each session %s', async (_title, handler) => {
    const server = await serve(handler);
    raw.push(server);
    const profile = invocation.profile({ url: server.url });
    await opensAfterItsFailures(FAILURES_MAX, () => invocation.call(profile, 'x'));
  });

  it.each<[string, Answering]>([
    ['breaks every connection', (_request, res) => res.destroy()],
    ['is said to be away by what stands before it', (_request, res) => json(res, '', 503)],
  ])('a breaker opens after so many failures when the upstream %s', async (_title, answering) => {
    const upstream = await startRawModern(answering);
    raw.push(upstream);
    const profile = invocation.profile({ url: upstream.url });
    await opensAfterItsFailures(FAILURES_MAX, () => invocation.call(profile, 'x'));
  });

  it('a breaker stays closed when calls failed because the own process was suspended', async () => {
    const broken: (() => void)[] = [];
    let breaks = true;
    const upstream = await startRawModern((request, res) => {
      if (breaks) broken.push(() => res.destroy());
      else json(res, result(request.id, ok));
    });
    raw.push(upstream);
    const profile = invocation.profile({ url: upstream.url });
    const failing = Array.from({ length: FAILURES_MAX * 2 }, () => codeOf(invocation.call(profile, 'x')));
    await expect.poll(() => broken.length).toBe(failing.length);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2_000);
    breaks = false;
    for (const end of broken) end();

    expect(await Promise.all(failing)).not.toContain('upstream.breaker_open');
    expect(await codeOf(invocation.call(profile, 'x'))).toBe('ok');
  });

  it('a breaker opens when the upstream hangs as a whole', async () => {
    let hangs = false;
    const server = await serve((_req, res, body) => {
      const { id, method } = body as { id: number; method: string };
      if (hangs) return undefined;
      const about = { resultType: 'complete', supportedVersions: ['2026-07-28'], capabilities: { tools: {} } };
      return json(res, result(id, method === 'server/discover' ? about : ok));
    });
    raw.push(server);
    const profile = invocation.profile({ url: server.url, timeoutMs: 300 });
    expect(await inTime(() => invocation.call(profile, 'x'))).toBe('ok');
    hangs = true;
    const call = () => codeOf(invocation.call(profile, 'x'));
    await expect.poll(call, { interval: 100 }).toBe('upstream.breaker_open');
  });
});

describe('a check of an upstream', () => {
  const check = (profile: { readonly id: string }, timeoutMs = 60_000) =>
    invocation.bus.ask(CheckUpstream, { upstreamId: profile.id, timeoutMs });

  it.each<['modern' | 'legacy', string, typeof startRawModern]>([
    ['modern', 'server/discover', startRawModern],
    ['legacy', 'ping', startRawLegacy as unknown as typeof startRawModern],
  ])('a check of a %s upstream asks %s, and any answer will do', async (_era, method, start) => {
    const asked: string[] = [];
    const upstream = await start((request, res) => {
      asked.push(request.method);
      return json(res, { jsonrpc: '2.0', id: request.id, error: { code: -32601, message: 'Method not found' } });
    });
    raw.push(upstream);
    const profile = invocation.profile({ url: upstream.url });
    expect((await check(profile)).head).toEqual({ answered: true });
    await check(profile);
    if (method === 'ping') expect(asked).toContain('ping');
  });

  it('a check opens another session where the upstream has forgotten the one there was', async () => {
    const upstream = await startRawLegacy((request, res) => json(res, result(request.id, {})));
    raw.push(upstream);
    const profile = invocation.profile({ url: upstream.url });
    await check(profile);
    upstream.known.clear();
    expect((await check(profile)).head).toEqual({ answered: true });
  });

  it('a check fails with the reason where nobody listens, and in time where nobody answers', async () => {
    const nobody = invocation.profile({ url: `http://127.0.0.1:${await freePort()}/mcp` });
    await expect(check(nobody)).rejects.toThrow(expect.objectContaining({ code: 'upstream.unreachable' }));
    const server = await serve(() => undefined);
    raw.push(server);
    const silent = invocation.profile({ url: server.url });
    await expect(check(silent, 300)).rejects.toThrow(
      expect.objectContaining({ code: 'upstream.timed_out', message: expect.stringContaining('300 ms') }),
    );
  });

  it('a check has calls go to an upstream again at once when it is back', async () => {
    let isAway = true;
    const server = await serve((_req, res, body) => {
      const { id, method } = body as { id: number; method: string };
      if (isAway) return res.destroy();
      const about = { resultType: 'complete', supportedVersions: ['2026-07-28'], capabilities: { tools: {} } };
      return json(res, result(id, method === 'server/discover' ? about : ok));
    });
    raw.push(server);
    const profile = invocation.profile({ url: server.url });
    const call = () => codeOf(invocation.call(profile, 'x'));
    while ((await call()) !== 'upstream.breaker_open');
    isAway = false;
    await check(profile);
    expect(await call()).toBe('ok');
  });
});
