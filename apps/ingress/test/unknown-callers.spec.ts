import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Rig, modern, modernHeaders, post, user } from './rig.js';

let rig: Rig;
let url: string;

const call = (token: string, from = '192.0.2.1') =>
  post(url, modern('tools/call', { name: 'echo', arguments: {} }), {
    ...modernHeaders('tools/call', 'echo'),
    authorization: `Bearer ${token}`,
    'x-forwarded-for': from,
  });

describe('callers whom auth is being asked about', () => {
  beforeEach(async () => {
    rig = new Rig({ TRUSTED_PROXIES: '127.0.0.1' });
    rig.tokens.set('ann', user('ann'));
    rig.tokens.set('bob', user('bob'));
    url = `${await rig.start()}/mcp`;
  });
  afterEach(() => rig.stop());

  it('a request holds no place while auth is asked about its caller, and one of a known caller holds its own', async () => {
    expect((await call('ann')).status).toBe(200);
    const before = rig.lentPlaces;
    expect((await call('ann')).status).toBe(200);
    expect(rig.lentPlaces).toBe(before);

    const { promise, resolve } = Promise.withResolvers<void>();
    rig.authWaits = promise;
    const asked = ['bob', 'nobody'].map((token) => call(token));
    await vi.waitUntil(() => rig.lentPlaces === before + 2);
    resolve();
    expect((await Promise.all(asked)).map(({ status }) => status)).toEqual([200, 401]);
  });

  it('a request takes its place again when auth has answered, and is refused when there is none left', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    rig.authWaits = promise;
    const before = [rig.lentPlaces, rig.takenPlaces] as const;
    const asked = ['ann', 'bob'].map((token) => call(token));
    await vi.waitUntil(() => rig.lentPlaces === before[0] + 2);
    rig.isFull = true;
    resolve();
    for (const { status, json } of await Promise.all(asked))
      expect([status, json.error.data]).toMatchObject([503, { reason: 'http.overloaded', executed: 'no' }]);
    rig.isFull = false;
    rig.tokens.set('eve', user('eve'));
    expect((await call('eve')).status).toBe(200);
    // At its arrival, and when auth had answered.
    expect(rig.takenPlaces).toBe(before[1] + 4);
  });

  it('callers of other addresses get in when one address has auth asked about as many as it may', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    rig.authWaits = promise;
    const before = rig.lentPlaces;
    const strangers = Array.from({ length: 251 }, (_, at) => call(`stranger-${at}`));
    const turnedAway = await Promise.race(strangers);
    expect(turnedAway).toMatchObject({
      status: 503,
      json: { error: { data: { reason: 'auth.unavailable', executed: 'no' } } },
    });
    await vi.waitUntil(() => rig.lentPlaces === before + 251);
    const elsewhere = call('bob', '192.0.2.2');
    await vi.waitUntil(() => rig.lentPlaces === before + 252);
    resolve();
    expect((await elsewhere).status).toBe(200);
    expect((await Promise.all(strangers)).filter(({ status }) => status === 401)).toHaveLength(250);
    expect((await call('ann')).status).toBe(200);
  });
});
