import { describe, expect, it } from 'vitest';
import type { Principal, TokenConditions, TokenHours } from '#libs/contracts';
import { checkConditions } from './conditions.js';

const principal = (conditions?: TokenConditions): Principal => ({
  id: 'ann@example.org',
  kind: 'user',
  isAdmin: false,
  teams: [],
  permissions: [],
  serverId: null,
  tokenId: null,
  ...(conditions && { conditions }),
});

const workIn = (timezone: string): TokenHours => ({ days: [1, 2, 3, 4, 5], fromMinute: 540, toMinute: 1020, timezone });

const nightOf = (day: number): TokenHours => ({ days: [day], fromMinute: 1320, toMinute: 360, timezone: 'UTC' });

const allows = (conditions: TokenConditions, address: string, at = '2026-11-30T10:00:00Z'): boolean => {
  try {
    checkConditions(principal(conditions), {}, () => address, new Date(at));
    return true;
  } catch (error) {
    expect(error).toMatchObject({ code: 'auth.grant_missing' });
    return false;
  }
};

describe('checkConditions', () => {
  it('checkConditions looks at nothing when the token has none', () => {
    const never = () => {
      throw new Error('asked for the address');
    };
    expect(() => checkConditions(principal(), {}, never)).not.toThrow();
    expect(() =>
      checkConditions(principal({ hours: workIn('UTC') }), {}, never, new Date('2026-11-30T10:00:00Z')),
    ).not.toThrow();
  });

  it.each([
    ['10.1.2.3', true],
    ['11.1.2.3', false],
    ['192.0.2.7', true],
    ['192.0.2.8', false],
    ['2001:db8::5', true],
    ['2001:db9::5', false],
    ['', false],
    ['nonsense', false],
  ])('checkConditions tells whether %s is in the networks', (address, expected) => {
    expect(allows({ networks: ['10.0.0.0/8', '192.0.2.7', '2001:db8::/32'] }, address)).toBe(expected);
  });

  it.each([
    ['Monday at ten', workIn('UTC'), '2026-11-30T10:00:00Z', true],
    ['Monday at nine', workIn('UTC'), '2026-11-30T09:00:00Z', true],
    ['Monday at five in the afternoon', workIn('UTC'), '2026-11-30T17:00:00Z', false],
    ['Sunday at ten', workIn('UTC'), '2026-11-29T10:00:00Z', false],
    ['Monday at 08:30 UTC, which is 09:30 in Berlin', workIn('Europe/Berlin'), '2026-11-30T08:30:00Z', true],
    ['Monday at 07:30 UTC in summer, 09:30 in Berlin', workIn('Europe/Berlin'), '2026-06-29T07:30:00Z', true],
    ['Monday before midnight, at night', nightOf(1), '2026-11-30T23:00:00Z', true],
    ['Tuesday after midnight, in the night of Monday', nightOf(1), '2026-12-01T05:00:00Z', true],
    ['Monday after midnight, in the night of Sunday', nightOf(1), '2026-11-30T05:00:00Z', false],
    ['Tuesday at six, when the night is over', nightOf(1), '2026-12-01T06:00:00Z', false],
    ['Sunday after midnight, in the night of Saturday', nightOf(6), '2026-11-29T00:00:00Z', true],
  ])('checkConditions tells whether hours hold on %s', (_what, hours, at, expected) => {
    expect(allows({ hours }, '', at)).toBe(expected);
  });
});
