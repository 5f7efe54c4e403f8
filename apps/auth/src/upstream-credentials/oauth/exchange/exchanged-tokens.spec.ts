import { describe, expect, it } from 'vitest';
import type { Bus } from '#libs/bus';
import { fail } from '#libs/errors';
import type { Logger } from '#libs/telemetry';
import type { AuthSettings } from '../../../auth.settings.js';
import type { TokenStore } from '../token-store.js';
import type { TokenKey } from '../upstream-token.repository.js';
import type { ExchangedTokenRepository } from './exchanged-token.repository.js';
import { ExchangedTokens } from './exchanged-tokens.js';

const keyOf = (upstreamId: string): TokenKey => ({ upstreamId, userEmail: 'ann@example.com', subject: 's' });

/** What Ann's token was exchanged for at three upstreams, in a store that is away when it is first asked for `lost`. */
const given = (lost: string) => {
  const rows = new Map(['one', 'two', 'three'].map((id) => [id, keyOf(id)]));
  const secrets = new Set(rows.keys());
  const warned: object[] = [];
  let away = true;
  const all = async () => [...rows.values()];
  const forget = async ({ upstreamId }: TokenKey) => void rows.delete(upstreamId);
  const store = {
    forget: async ({ upstreamId }: TokenKey) => {
      const isAway = away && upstreamId === lost;
      if (isAway) away = false;
      if (isAway) throw fail('auth.unavailable');
      secrets.delete(upstreamId);
    },
  };
  const tokens = new ExchangedTokens(
    { of: all, oldest: all, passed: all, forget } as unknown as ExchangedTokenRepository,
    store as unknown as TokenStore,
    {} as AuthSettings,
    { publish: () => {} } as unknown as Bus,
    { warn: (facts: object) => void warned.push(facts) } as unknown as Logger,
  );
  return { tokens, rows, secrets, warned };
};

describe('what tokens of callers were exchanged for', () => {
  it.each([
    ['the token is revoked', (tokens: ExchangedTokens) => tokens.endOf({ tokenId: 't' })],
    ['others need room', (tokens: ExchangedTokens) => tokens.makeRoom(keyOf('four'))],
  ])('what the store does not give up has a row until it does when %s', async (_when, end) => {
    const { tokens, rows, secrets, warned } = given('two');
    await end(tokens);
    expect([...rows.keys()]).toEqual(['two']);
    expect([...secrets]).toEqual(['two']);
    expect(warned).toEqual([expect.objectContaining({ upstreamId: 'two' })]);
    await end(tokens);
    expect(rows.size + secrets.size).toBe(0);
  });
});
