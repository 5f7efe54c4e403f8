import { describe, expect, it } from 'vitest';
import type { TokenClaims } from '../jwt/claims.js';
import { principalOf } from './principal.js';

const claims = (facts: Partial<TokenClaims>): TokenClaims => ({
  subject: 'ann@example.org',
  tokenId: 'j1',
  use: 'api',
  issuedAtMs: 0,
  expiresAtMs: 0,
  isAdmin: undefined,
  teams: [],
  serverId: null,
  permissions: [],
  ...facts,
});
const admin = { email: 'ann@example.org', isAdmin: true };
const user = { email: 'ann@example.org', isAdmin: false };

describe('principalOf', () => {
  it.each<[string, typeof admin, Partial<TokenClaims>, boolean, readonly string[] | null]>([
    ['admin, claimed, all teams', admin, { isAdmin: true, teams: null }, true, null],
    ['admin, claimed, some teams', admin, { isAdmin: true, teams: ['a'] }, true, ['a']],
    ['admin, claimed, no teams', admin, { isAdmin: true }, true, []],
    ['admin, unclaimed, all teams', admin, { teams: null }, true, []],
    ['admin, disclaimed, all teams', admin, { isAdmin: false, teams: null }, false, []],
    ['user who claims to be admin', user, { isAdmin: true, teams: null }, false, []],
    ['user, some teams', user, { teams: ['a'] }, false, ['a']],
  ])('principalOf: %s', (_case, who, facts, isAdmin, teams) => {
    const principal = principalOf(who, claims(facts));

    expect(principal).toMatchObject({ id: 'ann@example.org', isAdmin, teams, tokenId: 'j1' });
    expect(principal.permissions.includes('*')).toBe(isAdmin);
  });

  it('principalOf makes nobody an administrator when the token is narrowed', () => {
    expect(principalOf(admin, claims({ isAdmin: true, teams: null, permissions: ['tools.read'] }))).toMatchObject({
      isAdmin: false,
      permissions: ['tools.read'],
      teams: null,
    });
    expect(principalOf(admin, claims({ isAdmin: true, serverId: 's1' }))).toMatchObject({
      isAdmin: false,
      serverId: 's1',
    });
  });
});
