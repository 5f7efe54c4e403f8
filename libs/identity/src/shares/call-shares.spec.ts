import { afterEach, describe, expect, it } from 'vitest';
import { parseConfig } from '#libs/config';
import type { Principal } from '#libs/contracts';
import { GatewayError, catalogue } from '#libs/errors';
import { ANONYMOUS } from '../anonymous.js';
import { clientAddress } from '../client-address.js';
import { CallShares } from './call-shares.js';
import { retryHeaders } from './retry-headers.js';
import { shareOptions, shareSettingsOf } from './share.config.js';

const opened: CallShares[] = [];
afterEach(() => {
  for (const shares of opened.splice(0)) shares.close();
});

const given = (env: Record<string, string>, placesMax = 0): CallShares => {
  const shares = new CallShares(shareSettingsOf(parseConfig(shareOptions, env), placesMax), clientAddress([]));
  opened.push(shares);
  return shares;
};
const user = (id: string, teams: readonly string[] | null = []): Principal => ({
  id,
  kind: 'user',
  isAdmin: false,
  teams,
  permissions: [],
  serverId: null,
  tokenId: null,
});
const at = (remoteAddress: string) => ({ socket: { remoteAddress } });
const refusalOf = (act: () => unknown): GatewayError => {
  try {
    act();
  } catch (thrown) {
    return thrown as GatewayError;
  }
  throw new Error('was not refused');
};

describe('the shares of callers', () => {
  it('a caller that has its share at once is refused with what it may have, and nothing is taken', () => {
    const shares = given({ CALLER_CONCURRENT_LIMIT: '2', TEAM_CONCURRENT_LIMIT: '5' });
    const ann = user('ann', ['t']);
    const taken = [shares.enter(ann, at('a')), shares.enter(ann, at('b'))];
    const refusal = refusalOf(() => shares.enter(ann, at('c')));
    expect(refusal).toMatchObject({
      code: 'http.rate_limited',
      executed: 'no',
      message: 'Too many requests of this caller: it may have 2 at once. Nothing was run',
      data: { limitOf: 'caller', kind: 'concurrency', limit: 2 },
    });
    expect(catalogue[refusal.code].http).toBe(429);
    shares.enter(user('bob'), at('a'));
    expect(shares.owners.team.shareOf('t', 0).inUse).toBe(2);
    for (const one of taken) shares.leave(one);
    expect([shares.owners.team.shareOf('t', 0).inUse, shares.owners.caller.shareOf('ann', 0).inUse]).toEqual([0, 0]);
  });

  it('callers of one team have one share together, an administrator of all teams none', () => {
    const shares = given({ TEAM_CONCURRENT_LIMIT: '2' });
    shares.enter(user('ann', ['red']), at('a'));
    shares.enter(user('bob', ['blue', 'red']), at('a'));
    expect(refusalOf(() => shares.enter(user('cem', ['red']), at('a'))).data).toMatchObject({ limitOf: 'team' });
    shares.enter(user('root', null), at('a'));
    shares.enter(user('dee', ['blue']), at('a'));
  });

  it('a tool has a share over all callers, and what its caller took before is given back with the rest', () => {
    const shares = given({ TOOL_CONCURRENT_TOTAL: '1' });
    const [first, second] = [shares.enter(user('ann'), at('a')), shares.enter(user('bob'), at('a'))];
    shares.enterTool(first, 'upstream', 'slow');
    expect(refusalOf(() => shares.enterTool(second, 'upstream', 'slow')).data).toMatchObject({ limitOf: 'tool' });
    shares.enterTool(second, 'other', 'slow');
    shares.leave(first);
    shares.leave(second);
    shares.enterTool(shares.enter(user('cem'), at('a')), 'upstream', 'slow');
  });

  it('callers without a token have a share per address', () => {
    const shares = given({ CALLER_CONCURRENT_LIMIT: '1' });
    shares.enter(ANONYMOUS, at('203.0.113.1'));
    expect(refusalOf(() => shares.enter(ANONYMOUS, at('203.0.113.1'))).code).toBe('http.rate_limited');
    shares.enter(ANONYMOUS, at('203.0.113.2'));
  });

  it('a caller leaves half of the places to others where nothing is set', () => {
    const shares = given({}, 10);
    for (let count = 0; count < 5; count++) shares.enter(user('greedy'), at('a'));
    expect(refusalOf(() => shares.enter(user('greedy'), at('a'))).data).toMatchObject({ limit: 5 });
    for (let count = 0; count < 2; count++) shares.enter(user('modest'), at('a'));
  });

  it('a tool says what a call of it would be refused with, and nothing is taken by asking', () => {
    expect(given({}).toolRefusal('u', 'busy')).toBeNull();
    const shares = given({ TOOL_RATE_LIMIT: '1', RATE_LIMIT_BURST: '1' });
    for (let count = 0; count < 3; count++) expect(shares.toolRefusal('u', 'busy')).toBeNull();
    shares.enterTool(shares.enter(user('ann'), at('a')), 'u', 'busy');
    expect(shares.toolRefusal('u', 'busy')).toMatchObject({ code: 'http.rate_limited', data: { limitOf: 'tool' } });
    expect(shares.toolRefusal('u', 'idle')).toBeNull();
  });

  it('those of a caller who are refused are told to come again one after the other, within ten seconds', () => {
    const shares = given({ CALLER_CONCURRENT_LIMIT: '1' });
    shares.enter(user('ann'), at('a'));
    const waits = Array.from({ length: 2_000 }, () =>
      Number(refusalOf(() => shares.enter(user('ann'), at('a'))).data?.['retryAfterMs']),
    );
    expect(waits[0]).toBe(1_000);
    expect(Math.max(...waits)).toBe(10_000);
    for (let second = 1; second < 9; second++) {
      const within = waits.filter((wait) => Math.floor(wait / 1_000) === second);
      expect(within.length).toBeLessThan(200);
      expect(within.length).toBeGreaterThan(20);
    }
    shares.enter(user('bob'), at('a'));
    expect(refusalOf(() => shares.enter(user('bob'), at('a'))).data).toMatchObject({ retryAfterMs: 1_000 });
  });

  it('a refusal names its limit in RateLimit headers, by rate and by how many at once', () => {
    const byRate = given({ CALLER_RATE_LIMIT: '60', RATE_LIMIT_BURST: '1' });
    byRate.enter(user('ann'), at('a'));
    expect(retryHeaders(refusalOf(() => byRate.enter(user('ann'), at('a'))))).toEqual({
      'Retry-After': '1',
      RateLimit: '"caller";r=0;t=1',
      'RateLimit-Policy': '"caller";q=60;w=60',
    });
    const atOnce = given({ CALLER_CONCURRENT_LIMIT: '1' });
    atOnce.enter(user('ann'), at('a'));
    expect(retryHeaders(refusalOf(() => atOnce.enter(user('ann'), at('a'))))).toEqual({
      'Retry-After': '1',
      RateLimit: '"caller";r=0;t=1',
      'RateLimit-Policy': '"caller";q=1;qu="concurrent-requests"',
    });
  });
});
