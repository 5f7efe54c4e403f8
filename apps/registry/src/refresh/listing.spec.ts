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
  it('is what its upstream said of each list, and of itself for what it has not', () => {
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

  it('is nothing, and for nobody else, where it said nothing', () => {
    const nothing = { ttlMs: 0, cacheScope: 'private', renewAfterMs: null };
    expect(Object.values(hintsOf({ era: 'legacy', hints: {} }))).toEqual(Array.from({ length: 5 }, () => nothing));
  });

  it('is what the administrator said before anything else', () => {
    const said = { listTtlMs: 20_000, listCacheScope: 'public' } as const;
    const expected = { ttlMs: 20_000, cacheScope: 'public', renewAfterMs: 20_000 };
    expect(Object.values(hintsOf(said))).toEqual(Array.from({ length: 5 }, () => expected));
    expect(hintsOf({ ...said, era: 'legacy', hints: {} }).tools).toEqual(expected);
  });

  it('is asked for now and then where a list is never good and nobody would tell that it has changed', () => {
    const hints = { tools: { ttlMs: 0, cacheScope: 'public' } } as const;
    const renewal = (parts: Partial<Listed> = {}) => hintsOf({ hints, ...parts }).tools.renewAfterMs;
    expect(renewal()).toBe(INTERVAL_MS);
    expect(renewal({ capabilities: { tools: { listChanged: true } } })).toBeNull();
    expect(renewal({ transport: 'STDIO' })).toBeNull();
    expect(renewal({ era: 'legacy' })).toBeNull();
  });
});
