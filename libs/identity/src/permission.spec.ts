import { describe, expect, it } from 'vitest';
import type { Grant, Principal, AccessScope } from '#libs/contracts';
import { ANONYMOUS } from './anonymous.js';
import { acting, holds, holdsIn } from './permission.js';
import { canView, mayUseServer } from './access-scope.js';

const principal = (facts: Partial<Principal>): Principal => ({
  id: 'ann@example.org',
  kind: 'user',
  isAdmin: false,
  teams: ['red'],
  permissions: [],
  serverId: null,
  tokenId: 't',
  ...facts,
});

describe('holds', () => {
  it.each<[string[], string, boolean]>([
    [['tools.read'], 'tools.read', true],
    [['tools.read'], 'tools.execute', false],
    [['tools.*'], 'tools.execute', true],
    [['tools.*'], 'toolshed.read', false],
    [['tools.*'], 'tools', false],
    [['tools'], 'tools.read', false],
    [['tools:*'], 'tools.read', false],
    [['Tools.Read'], 'tools.read', false],
    [['tools.read '], 'tools.read', false],
    [['.*'], 'tools.read', false],
    [['*'], 'admin.user_management', true],
    [['tools.execute'], 'servers.use', true],
    [['gateways.read'], 'servers.use', false],
    [[], 'tools.read', false],
    [[''], 'tools.read', false],
  ])('holds %j → %s: %s', (permissions, wanted, expected) => {
    // What came from elsewhere may be no permission at all.
    expect(holds(principal({ permissions: permissions as Grant[] }), wanted as Grant)).toBe(expected);
  });

  it('holds denies administration to a token that reaches public things only', () => {
    const publicOnly = principal({ permissions: ['*'], isAdmin: true, teams: [] });

    expect(holds(publicOnly, 'admin.user_management')).toBe(false);
    expect(holds(publicOnly, 'tools.read')).toBe(true);
  });
});

describe('canView', () => {
  const publicEntry: AccessScope = { visibility: 'public', teamId: null, ownerEmail: null };
  const redEntry: AccessScope = { visibility: 'team', teamId: 'red', ownerEmail: 'bob@example.org' };
  const blueEntry: AccessScope = { visibility: 'team', teamId: 'blue', ownerEmail: 'ann@example.org' };
  const annsOwn: AccessScope = { visibility: 'private', teamId: 'red', ownerEmail: 'ann@example.org' };
  const bobsOwn: AccessScope = { visibility: 'private', teamId: 'red', ownerEmail: 'bob@example.org' };
  const admin = principal({ isAdmin: true, teams: null, permissions: ['*'] });

  it.each<[string, Principal, AccessScope, boolean]>([
    ['anonymous, public', ANONYMOUS, publicEntry, true],
    ['anonymous, team', ANONYMOUS, redEntry, false],
    ['anonymous, private to "anonymous"', ANONYMOUS, { ...annsOwn, ownerEmail: 'anonymous' }, false],
    ['member, her team', principal({}), redEntry, true],
    ['member, another team, though hers by ownership', principal({}), blueEntry, false],
    ['member, her own', principal({}), annsOwn, true],
    ["member, somebody else's", principal({}), bobsOwn, false],
    ['public-only token, her own', principal({ teams: [] }), annsOwn, false],
    ['administrator, any team', admin, blueEntry, true],
    ['administrator, her own', admin, annsOwn, true],
    ["administrator, somebody else's", admin, bobsOwn, false],
    ['team entry without a team', principal({}), { ...redEntry, teamId: null }, false],
    ['a visibility of tomorrow', admin, { ...publicEntry, visibility: 'secret' as 'public' }, false],
  ])('canView: %s', (_case, who, scope, expected) => {
    expect(canView(who, scope)).toBe(expected);
  });

  it('mayUseServer ties a token to the one server when it names one', () => {
    expect(mayUseServer(principal({}), null)).toBe(true);
    expect(mayUseServer(principal({}), 's1')).toBe(true);
    expect(mayUseServer(principal({ serverId: 's1' }), 's1')).toBe(true);
    expect(mayUseServer(principal({ serverId: 's1' }), 's2')).toBe(false);
    expect(mayUseServer(principal({ serverId: 's1' }), null)).toBe(false);
  });
});

describe('acting', () => {
  const dev = principal({
    teams: ['red', 'blue'],
    permissions: ['tools.read'],
    teamPermissions: { red: ['gateways.*'] },
  });
  const entry = (facts: Partial<AccessScope>): AccessScope => ({
    visibility: 'team',
    teamId: 'red',
    ownerEmail: 'ann@example.org',
    ...facts,
  });

  it('acting leaves a principal as they are who may with all that they see', () => {
    expect(acting(dev, ['tools.read'])).toBe(dev);
    expect(acting(dev, [])).toBe(dev);
  });

  it('acting confines a principal to the teams in which a role allows it, and is the same object each time', () => {
    const confined = acting(dev, ['gateways.update', 'tools.read']);
    expect(confined?.confinedTo).toEqual(['red']);
    expect(acting(dev, ['gateways.update', 'tools.read'])).toBe(confined);
    expect(confined && [entry({}), entry({ visibility: 'public' })].map((one) => canView(confined, one))).toEqual([
      true,
      true,
    ]);
    const others = [
      entry({ teamId: 'blue' }),
      entry({ visibility: 'private' }),
      entry({ visibility: 'public', teamId: null }),
    ];
    expect(confined && others.map((one) => canView(confined, one))).toEqual([false, false, false]);
  });

  it('acting gives nobody what no role allows, nor administration by a team', () => {
    const odd = principal({ teamPermissions: { red: ['admin.metrics', '*'] } });
    expect(acting(dev, ['servers.create'])).toBeNull();
    expect(acting(odd, ['admin.metrics'])).toBeNull();
    expect(holdsIn(dev, 'blue', 'gateways.update')).toBe(false);
    expect(holdsIn(dev, 'toString', 'gateways.update')).toBe(false);
  });
});
