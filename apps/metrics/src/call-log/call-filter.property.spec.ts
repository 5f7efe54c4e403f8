import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Grant } from '#contracts/auth/permission';
import type { Principal } from '#contracts/auth/principal';
import { filterOf } from './call-filter.js';

const PEOPLE = ['ann', 'bob'];
const TOKENS = ['one', 'two'];
const maybe = (values: readonly string[]) => fc.option(fc.constantFrom(...values), { nil: undefined });

const caller: fc.Arbitrary<Principal> = fc
  .record({
    permissions: fc.subarray<Grant>(['*', 'admin.metrics', 'admin.security_audit', 'tools.read']),
    teams: fc.constantFrom(null, [], ['red']),
    tokenId: fc.constantFrom(null, ...TOKENS),
    isNarrowed: fc.boolean(),
  })
  .map(({ isNarrowed, ...facts }) => ({
    ...facts,
    ...(isNarrowed && { isNarrowed }),
    id: 'ann',
    kind: 'user',
    isAdmin: facts.permissions.includes('*'),
    serverId: null,
  }));

/** What ought to be: everybody's for who sees everything, else one's own, by a narrowed token those with it. */
const isVisible = ({ permissions, teams, isNarrowed, tokenId }: Principal, user: string, token: string): boolean =>
  (teams === null && permissions.some((one) => one === '*' || one === 'admin.metrics')) ||
  (user === 'ann' && (isNarrowed !== true || token === tokenId));

it('a filter of call records shows what the model says when caller, token and what is asked for are any', () => {
  fc.assert(
    fc.property(caller, maybe(PEOPLE), maybe(TOKENS), (by, user, token) => {
      const wanted = { ...(user !== undefined && { user }), ...(token !== undefined && { token }) };
      const asked = PEOPLE.flatMap((whose) => TOKENS.map((which) => [whose, which] as const)).filter(
        ([whose, which]) => (user ?? whose) === whose && (token ?? which) === which,
      );
      const expected = asked.filter(([whose, which]) => isVisible(by, whose, which));
      let shown: typeof asked = [];
      try {
        const { principalId, tokenId } = filterOf(wanted, by);
        shown = asked.filter(
          ([whose, which]) => (principalId ?? whose) === whose && (tokenId === undefined || tokenId === which),
        );
      } catch (error) {
        expect(error).toMatchObject({ code: 'auth.grant_missing' });
      }
      expect(shown).toEqual(expected);
    }),
    { numRuns: 500 },
  );
});
