import { describe, expect, it } from 'vitest';
import type { IssuerClaims, TokenClaims } from '../jwt/claims.js';
import { issuedPrincipalOf, principalOf } from './principal.js';

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
/** She is in `own`; there is or was a team `kept`, and never one of another name. */
const status = {
  teams: { own: ['own'], kept: ['own', 'kept'], named: [] },
  roles: { base: ['tools.read', 'tools.execute'] as const, assigned: [], changesAtMs: null },
};

describe('principalOf', () => {
  it.each<[string, typeof admin, Partial<TokenClaims>, boolean, readonly string[] | null]>([
    ['admin, claimed, all teams', admin, { isAdmin: true, teams: null }, true, null],
    ['admin, claimed, some teams', admin, { isAdmin: true, teams: ['a'] }, true, ['a']],
    ['admin, claimed, no teams', admin, { isAdmin: true }, true, []],
    ['admin, claimed, a team that they are not in', admin, { isAdmin: true, teams: ['kept'] }, true, ['kept']],
    ['admin, unclaimed, all teams', admin, { teams: null }, true, ['own']],
    ['admin, disclaimed, all teams', admin, { isAdmin: false, teams: null }, false, ['own']],
    ['admin, disclaimed, some teams', admin, { isAdmin: false, teams: ['own', 'kept'] }, false, ['own']],
    ['user who claims to be admin', user, { isAdmin: true, teams: null }, false, ['own']],
    ['user, all teams', user, { teams: null }, false, ['own']],
    ['user, no teams', user, { teams: [] }, false, []],
    ['user, a team that they are not in', user, { teams: ['kept', 'own'] }, false, ['own']],
    ['user, a team that was never kept', user, { teams: ['a'] }, false, ['a']],
  ])('principalOf: %s', (_case, who, facts, isAdmin, teams) => {
    const principal = principalOf(who, claims(facts), status);

    expect(principal).toMatchObject({ id: 'ann@example.org', isAdmin, teams, tokenId: 'j1' });
    expect(principal.permissions.includes('*')).toBe(isAdmin);
  });

  it.each<[Partial<TokenClaims>, true | undefined]>([
    [{ teams: null }, undefined],
    [{ teams: null, isAdmin: true }, undefined],
    [{ teams: ['own'] }, true],
    [{ teams: [] }, true],
    [{ teams: null, permissions: ['tools.read'] }, true],
    [{ teams: null, serverId: 's1' }, true],
  ])('principalOf says whether the token is narrowed when its claims are %j', (facts, isNarrowed) => {
    expect(principalOf(user, claims(facts), status).isNarrowed).toBe(isNarrowed);
  });

  it.each<[string, [string, string[]][], IssuerClaims['endpoints'], true | undefined]>([
    ['teams of its rules alone', [], undefined, undefined],
    ['scopes that count', [['read', ['tools.read']]], undefined, true],
    ['an audience that is one endpoint', [], [null], true],
  ])('issuedPrincipalOf says whether the token is narrowed when it has %s', (_what, scopes, endpoints, isNarrowed) => {
    const issuer = { scopes: new Map(scopes) } as unknown as IssuerClaims['issuer'];
    for (const permissions of scopes.length === 0 ? [[]] : [[], ['tools.read']]) {
      const issued: IssuerClaims = { ...claims({ isAdmin: false, teams: ['own'], permissions }), issuer, endpoints };
      expect(issuedPrincipalOf(issued, status).isNarrowed).toBe(isNarrowed);
    }
  });

  it('principalOf makes nobody an administrator when the token is narrowed', () => {
    expect(
      principalOf(admin, claims({ isAdmin: true, teams: null, permissions: ['tools.read'] }), status),
    ).toMatchObject({
      isAdmin: false,
      permissions: ['tools.read'],
      teams: null,
    });
    expect(principalOf(admin, claims({ isAdmin: true, serverId: 's1' }), status)).toMatchObject({
      isAdmin: false,
      serverId: 's1',
    });
  });
});
