import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WithBody } from '#libs/bus';
import type { CallAnswer } from '#libs/contracts';
import { Rig, modern, modernHeaders, openSession, post, user } from './rig.js';

let rig: Rig;
let url: string;
/** Lets the calls of `slow` end. */
let release: () => void;

const as = (id: string) => ({ authorization: `Bearer ${id}` });
const call = (id: string, name: string) =>
  post(url, modern('tools/call', { name, arguments: {} }), { ...modernHeaders('tools/call', name), ...as(id) });
const given = async (env: Record<string, string>): Promise<void> => {
  rig = new Rig(env);
  for (const [id, teams] of [
    ['ann', ['red']],
    ['bob', ['red']],
    ['cem', []],
  ] as const)
    rig.tokens.set(id, user(id, { teams }));
  const { promise, resolve } = Promise.withResolvers<void>();
  release = resolve;
  rig.execute = async ({ target }) => {
    if (target === 'up_slow') await promise;
    return new WithBody<CallAnswer>({ kind: 'result' }, '{"content":[]}');
  };
  url = `${await rig.start()}/mcp`;
};
const slowCalls = async (id: string, count: number) => {
  const before = rig.calls.length;
  const answers = Array.from({ length: count }, () => call(id, 'slow'));
  await vi.waitUntil(() => rig.calls.length === before + count);
  return Promise.all.bind(Promise, answers) as () => Promise<{ status: number }[]>;
};

describe('the shares of callers of MCP', () => {
  afterEach(() => rig.stop());

  describe('at most two calls at once of a caller', () => {
    beforeEach(() => given({ CALLER_CONCURRENT_LIMIT: '2' }));

    it('a call beyond the share of its caller is refused with 429 and says that nothing ran', async () => {
      const answers = await slowCalls('ann', 2);
      const refused = await call('ann', 'echo');
      expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '1']);
      expect(refused.headers.get('ratelimit')).toBe('"caller";r=0;t=1');
      expect(refused.headers.get('ratelimit-policy')).toBe('"caller";q=2;qu="concurrent-requests"');
      expect(refused.json).toMatchObject({
        id: 1,
        error: {
          code: 4429,
          data: { reason: 'http.rate_limited', executed: 'no', limitOf: 'caller', retryAfterMs: 1000 },
        },
      });
      expect(rig.calls).toHaveLength(2);
      expect(rig.records).toMatchObject([
        { principalId: 'ann', errorCode: 'http.rate_limited', rule: 'CALLER_CONCURRENT_LIMIT 2', name: 'echo' },
      ]);
      release();
      expect((await answers()).map(({ status }) => status)).toEqual([200, 200]);
      expect((await call('ann', 'echo')).status).toBe(200);
    });

    it('other callers are served while one has all of its share, and whoever leaves gives its share back', async () => {
      await slowCalls('ann', 1);
      const leaving = new AbortController();
      const left = fetch(url, {
        method: 'POST',
        signal: leaving.signal,
        headers: {
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
          ...modernHeaders('tools/call', 'slow'),
          ...as('ann'),
        },
        body: JSON.stringify(modern('tools/call', { name: 'slow', arguments: {} })),
      }).catch(() => null);
      await vi.waitUntil(() => rig.calls.length === 2);
      expect([(await call('ann', 'echo')).status, (await call('cem', 'echo')).status]).toEqual([429, 200]);
      leaving.abort();
      await left;
      await vi.waitUntil(async () => (await call('ann', 'echo')).status === 200);
      release();
    });

    it('a session of an older client is refused in its words', async () => {
      const session = await openSession(url, {}, '2025-06-18', as('ann'));
      await slowCalls('ann', 2);
      const request = { jsonrpc: '2.0', id: 7, method: 'tools/call', params: { name: 'echo', arguments: {} } };
      const refused = await post(url, request, session);
      expect([refused.status, refused.json]).toMatchObject([429, { id: 7, error: { data: { executed: 'no' } } }]);
      release();
    });
  });

  it('a stream that a client listens on takes none of what it may have at once', async () => {
    await given({ CALLER_CONCURRENT_LIMIT: '1' });
    const leaving = new AbortController();
    const response = await fetch(url, {
      method: 'POST',
      signal: leaving.signal,
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        ...modernHeaders('subscriptions/listen'),
        ...as('ann'),
      },
      body: JSON.stringify(modern('subscriptions/listen', { notifications: { toolsListChanged: true } })),
    });
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    expect((await call('ann', 'echo')).status).toBe(200);
    leaving.abort();
  });

  it('callers of one team share what it may have, and calls of one tool what that may have', async () => {
    await given({ TEAM_CONCURRENT_LIMIT: '2', TOOL_CONCURRENT_TOTAL: '2' });
    await slowCalls('ann', 1);
    await slowCalls('cem', 1);
    expect((await call('cem', 'slow')).json).toMatchObject({ error: { data: { limitOf: 'tool', executed: 'no' } } });
    expect((await call('cem', 'echo')).status).toBe(200);
    expect((await call('bob', 'echo')).status).toBe(200);
    const list = () => post(url, modern('tools/list'), { ...modernHeaders('tools/list'), ...as('bob') });
    expect((await list()).status).toBe(200);
    release();
  });

  it('a caller may ask so often and no oftener, whatever it asks for', async () => {
    await given({ CALLER_RATE_LIMIT: '6', RATE_LIMIT_BURST: '30' });
    release();
    const list = () => post(url, modern('tools/list'), { ...modernHeaders('tools/list'), ...as('ann') });
    const statuses = [(await list()).status, (await call('ann', 'echo')).status, (await list()).status];
    const refused = await list();
    expect([...statuses, refused.status]).toEqual([200, 200, 200, 429]);
    const seconds = Number(refused.headers.get('retry-after'));
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThanOrEqual(10);
    expect(refused.headers.get('ratelimit-policy')).toBe('"caller";q=6;w=60');
    expect((await call('cem', 'echo')).status).toBe(200);
  });
});
