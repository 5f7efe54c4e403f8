import { describe, expect, it } from 'vitest';
import { listingOf } from './listing.js';

const ASKED_MS = 1_700_000_000_000;
const INTERVAL_MS = 10_000;
type Listed = Parameters<typeof listingOf>[0];

const listed = (parts: Partial<Listed> = {}): Listed => ({
  era: 'modern',
  transport: 'STREAMABLEHTTP',
  capabilities: { tools: {}, resources: { listChanged: true } },
  hints: {
    about: { ttlMs: 60_000, cacheScope: 'private' },
    tools: { ttlMs: 30_000, cacheScope: 'public' },
    resources: { ttlMs: 0, cacheScope: 'public' },
    resourceTemplates: { ttlMs: 1_000, cacheScope: 'public' },
  },
  listTtlMs: null,
  listCacheScope: null,
  refreshedAt: new Date(ASKED_MS),
  ...parts,
});
const hintsOf = (parts: Partial<Listed> = {}) => listingOf(listed(parts), INTERVAL_MS).hints;

describe('how old what a gateway listed may get', () => {
  it('listingOf takes the hint of each list, and the hint of the upstream itself when there is no such list', () => {
    expect(listingOf(listed(), INTERVAL_MS)).toEqual({
      listedAtMs: ASKED_MS,
      hints: {
        about: { ttlMs: 60_000, cacheScope: 'private', renewAfterMs: 60_000 },
        tools: { ttlMs: 30_000, cacheScope: 'public', renewAfterMs: 30_000 },
        prompts: { ttlMs: 60_000, cacheScope: 'private', renewAfterMs: 60_000 },
        resources: { ttlMs: 0, cacheScope: 'public', renewAfterMs: null },
        resourceTemplates: { ttlMs: 1_000, cacheScope: 'public', renewAfterMs: INTERVAL_MS },
      },
    });
  });

  it('listingOf answers 0 ms and private when the upstream gave no hint', () => {
    const nothing = { ttlMs: 0, cacheScope: 'private', renewAfterMs: null };
    expect(Object.values(hintsOf({ era: 'legacy', hints: {} }))).toEqual(Array.from({ length: 5 }, () => nothing));
  });

  it('listingOf takes the settings of the gateway when there are any, whatever the upstream said', () => {
    const said = { listTtlMs: 20_000, listCacheScope: 'public' } as const;
    const expected = { ttlMs: 20_000, cacheScope: 'public', renewAfterMs: 20_000 };
    expect(Object.values(hintsOf(said))).toEqual(Array.from({ length: 5 }, () => expected));
    expect(hintsOf({ ...said, era: 'legacy', hints: {} }).tools).toEqual(expected);
  });

  it('listingOf has a list renewed at the interval when it is never good and its changes are not announced', () => {
    const hints = { tools: { ttlMs: 0, cacheScope: 'public' } } as const;
    const renewal = (parts: Partial<Listed> = {}) => hintsOf({ hints, ...parts }).tools.renewAfterMs;
    expect(renewal()).toBe(INTERVAL_MS);
    expect(renewal({ capabilities: { tools: { listChanged: true } } })).toBeNull();
    expect(renewal({ transport: 'STDIO' })).toBeNull();
    expect(renewal({ era: 'legacy' })).toBeNull();
  });
});
