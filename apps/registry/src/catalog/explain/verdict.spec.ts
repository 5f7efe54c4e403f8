import { describe, expect, it } from 'vitest';
import type { Principal } from '#contracts/auth/principal';
import type { AccessScope } from '#contracts/registry/catalog';
import { type Question, verdictOn } from './verdict.js';

const ann = (facts: Partial<Principal> = {}): Question['user'] => ({
  isActive: true,
  principal: {
    id: 'ann@example.org',
    kind: 'user',
    isAdmin: false,
    teams: ['red'],
    permissions: ['tools.execute'],
    serverId: null,
    tokenId: null,
    ...facts,
  },
});
const scope = (facts: Partial<AccessScope> = {}): AccessScope => ({
  visibility: 'public',
  teamId: null,
  ownerEmail: 'bob@example.org',
  ...facts,
});
const red = scope({ visibility: 'team', teamId: 'red' });
const blue = scope({ visibility: 'team', teamId: 'blue' });
const inRed = ann({ permissions: [], teamPermissions: { red: ['tools.*'] } });

const verdict = (facts: Partial<Question>) =>
  verdictOn({ name: 'ann@example.org', user: ann(), server: scope(), tool: scope(), ...facts });

describe('verdictOn', () => {
  it.each<[string, Partial<Question>, string, RegExp]>([
    ['the user is unknown', { user: null }, 'user.unknown', /create the user ann@example.org/],
    ['the user is disabled', { user: { ...ann(), isActive: false } as Question['user'] }, 'user.inactive', /enable/],
    ['there is no such server', { server: null }, 'server.unknown', /^$/],
    ['the server is for another team', { server: blue }, 'server.visibility', /put ann@example.org into the team blue/],
    ['there is no such tool', { tool: null }, 'tool.unknown', /enable the tool/],
    ['the tool is for another team', { tool: blue }, 'tool.visibility', /put ann@example.org into the team blue/],
    ['the tool is private', { tool: scope({ visibility: 'private' }) }, 'tool.visibility', /make it public/],
    ['no role permits it', { user: ann({ permissions: [] }), tool: red }, 'permission.missing', /role in the team red/],
    ['a role in another team permits it', { user: inRed }, 'permission.elsewhere', /global role/],
  ])('verdictOn says no when %s', (_what, facts, rule, change) => {
    const said = verdict(facts);
    expect(said).toMatchObject({ allowed: false, rule });
    expect(said.wouldChange.join('\n')).toMatch(change);
  });

  it.each<[string, Partial<Question>, string, RegExp]>([
    [
      'the user is an administrator',
      { user: ann({ isAdmin: true, teams: null, permissions: ['*'] }), tool: blue },
      'administrator',
      /sees every team/,
    ],
    ['a role permits it', {}, 'role.global', /the tool is public/],
    [
      'a role permits it and the tool is their own',
      { tool: scope({ visibility: 'private', ownerEmail: 'ann@example.org' }) },
      'role.global',
      /their own/,
    ],
    [
      'a role in the team of the tool permits it',
      { user: inRed, tool: red },
      'role.team',
      /role of ann@example.org in the team red/,
    ],
  ])('verdictOn says yes when %s', (_what, facts, rule, because) => {
    expect(verdict(facts)).toMatchObject({ allowed: true, rule, because: expect.stringMatching(because) });
  });
});
