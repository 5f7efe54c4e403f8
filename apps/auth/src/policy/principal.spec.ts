import { describe, expect, it } from 'vitest';
import type { Grant } from '#contracts/auth/permission';
import type { TokenClaims } from '../credential/claims.js';
import { ORDINARY_PERMISSIONS, narrow } from './grants.js';
import { principalOf } from './principal.js';

const claims = (facts: Partial<TokenClaims>): TokenClaims => ({
  subject: 'ann@example.org',
  tokenId: 'j1',
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
  ])('%s', (_case, who, facts, isAdmin, teams) => {
    const principal = principalOf(who, claims(facts));

    expect(principal).toMatchObject({ id: 'ann@example.org', isAdmin, teams, tokenId: 'j1' });
    expect(principal.permissions.includes('*')).toBe(isAdmin);
  });

  it('is no administrator with a narrowed token', () => {
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

describe('narrow', () => {
  it.each<[string, readonly Grant[], readonly string[], readonly Grant[]]>([
    ['no wish', ['tools.read'], [], ['tools.read']],
    ['a part', ['tools.read', 'tools.execute'], ['tools.read'], ['tools.read']],
    ['more than there is', ['tools.read'], ['tools.read', 'prompts.read'], ['tools.read']],
    ['nothing of what there is', ['tools.read'], ['prompts.read'], []],
    ['everything', ['tools.read', 'prompts.read'], ['*'], ['tools.read', 'prompts.read']],
    ['a category', ['tools.read', 'tools.execute', 'prompts.read'], ['tools.*'], ['tools.read', 'tools.execute']],
    ['of everything', ['*'], ['tools.read', 'prompts.*'], ['tools.read', 'prompts.*']],
    ['of a category', ['tools.*'], ['tools.read', 'prompts.read'], ['tools.read']],
    ['colons, capitals, blanks', ['tools.read'], ['tools:read', 'TOOLS.READ', ' tools.read', 'tools:*'], []],
    ['names that nobody knows', ['*'], ['tools.raed', 'a.*', ''], []],
  ])('%s', (_case, granted, wanted, left) => {
    expect(narrow(granted, wanted)).toEqual(left);
  });

  it('never widens what every user has', () => {
    expect(narrow(ORDINARY_PERMISSIONS, ['gateways.create', 'admin.*', 'gateways.*'])).toEqual(['gateways.read']);
  });
});
