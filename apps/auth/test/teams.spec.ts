import { randomBytes, randomUUID } from 'node:crypto';
import { SignJWT, decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { AdmitConnector, ConnectorRevoked, DescribeTeam, GrantsChanged } from '#libs/contracts';
import { BuiltInRoles } from '../src/roles/built-in-roles.js';
import { ConsoleSessionService } from '../src/console-session/console-session.service.js';
import { sessionName } from '../src/policy/standing.js';
import { Roles1764000000005 } from '../src/storage/migrations/0005-roles.migration.js';
import { Teams1763900000004 } from '../src/storage/migrations/0004-teams.migration.js';
import { TokenService } from '../src/tokens/token.service.js';
import { UpstreamTokenService } from '../src/upstream-credentials/oauth/upstream-token.service.js';
import { LoginAttemptRepository } from '../src/users/login-attempt.repository.js';
import { UserService } from '../src/users/user.service.js';
import { ADMIN, type GivenAuth, givenAuth } from './given-auth.js';

const RULE_TEAM = 'Rule makers';
const SIGNING = randomBytes(48).toString('base64url');

let auth: GivenAuth;
let admin: string;

interface Someone {
  readonly email: string;
  readonly token: string;
}

beforeAll(async () => {
  auth = await givenAuth({
    JWT_SECRET_KEY: SIGNING,
    MAX_TEAMS_PER_USER: '3',
    MAX_MEMBERS_PER_TEAM: '4',
    PUBLIC_URL: 'http://127.0.0.1:4444',
    TRUSTED_ISSUERS: JSON.stringify([
      {
        issuer: 'http://127.0.0.1:1',
        domains: ['example.org'],
        rules: [{ claim: 'groups', value: 'makers', teams: [RULE_TEAM] }],
      },
    ]),
  });
  admin = await auth.login(ADMIN, auth.adminPassword);
});

afterAll(() => auth?.close());

/** A token as another program signs it with the same secret. */
const signed = (claims: object): Promise<string> =>
  new SignJWT({ jti: randomUUID(), ...claims })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setIssuer('mcpgateway')
    .setAudience('mcpgateway-api')
    // A user who comes back takes no token from before that second.
    .setIssuedAt(Math.floor(Date.now() / 1000) + 2)
    .setExpirationTime('1h')
    .sign(new TextEncoder().encode(SIGNING));

const given = async (name = randomBytes(4).toString('hex')): Promise<Someone> => {
  const email = `${name}@example.org`;
  const body = { email, full_name: 'Somebody' };
  expect((await auth.call('POST', '/auth/email/admin/users', { token: admin, body })).status).toBe(201);
  return { email, token: await signed({ sub: email, token_use: 'session' }) };
};

const givenTeam = async ({ token }: Pick<Someone, 'token'>, facts: object = {}) => {
  const body = { name: `Team ${randomBytes(4).toString('hex')}`, ...facts };
  const made = await auth.call('POST', '/teams', { token, body });
  expect(made.status).toBe(201);
  return made.body;
};

const put = (by: Pick<Someone, 'token'>, team: { id: string }, { email }: Pick<Someone, 'email'>, role = 'member') =>
  auth.call('POST', `/teams/${team.id}/members`, { token: by.token, body: { email, role } });

const teamsOf = async ({ token }: Pick<Someone, 'token'>) => (await auth.admission.admit(token)).teams;

describe('teams', () => {
  it('a team answers in the shape of ContextForge when it is made, listed, changed and deleted', async () => {
    const ann = await given();
    const made = await auth.call('POST', '/teams', {
      token: ann.token,
      body: { name: 'Früh & spät', description: 'Two shifts', max_members: 3 },
    });
    expect(made).toMatchObject({ status: 201 });
    expect(made.body).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{32}$/),
      name: 'Früh & spät',
      slug: 'fruh-spat',
      description: 'Two shifts',
      created_by: ann.email,
      is_personal: false,
      visibility: 'private',
      max_members: 3,
      member_count: 1,
      created_at: expect.any(String),
      updated_at: expect.any(String),
      is_active: true,
    });
    const { id } = made.body;
    expect((await auth.call('GET', `/v1/teams/${id}`, ann)).body).toEqual(made.body);

    const all = await auth.call('GET', '/teams', ann);
    expect(all.body).toEqual({ teams: [expect.objectContaining({ is_personal: true }), made.body], total: 2 });
    const first = await auth.call('GET', '/teams?limit=1&include_pagination=true', ann);
    expect(first.body).toEqual({ teams: [all.body.teams[0]], nextCursor: expect.any(String) });
    const second = await auth.call(
      'GET',
      `/teams?limit=1&include_pagination=true&cursor=${first.body.nextCursor}`,
      ann,
    );
    expect(second.body).toEqual({ teams: [made.body], nextCursor: null });
    expect((await auth.call('GET', '/teams?cursor=nonsense', ann)).status).toBe(422);

    const change = { name: 'Early and late', visibility: 'public', max_members: null };
    const changed = await auth.call('PUT', `/teams/${id}`, { token: ann.token, body: change });
    expect(changed.body).toMatchObject({ id, slug: 'fruh-spat', description: 'Two shifts', ...change });
    expect((await auth.call('DELETE', `/teams/${id}`, ann)).body).toEqual({
      success: true,
      message: 'Team deleted successfully',
    });
    expect((await auth.call('GET', `/teams/${id}`, ann)).status).toBe(404);
    expect(await teamsOf(ann)).toHaveLength(1);
    expect((await auth.running.bus.ask(DescribeTeam, { teamId: id })).head).toEqual({ team: null });
  });

  it('a user has a personal team from the first moment until they are removed, and nobody else is in it', async () => {
    const ann = await given();
    const bob = await given();
    const [id = ''] = (await teamsOf(ann)) ?? [];
    expect((await auth.call('GET', `/teams/${id}`, ann)).body).toMatchObject({
      is_personal: true,
      created_by: ann.email,
      name: "Somebody's team",
    });
    for (const [method, path, body] of [
      ['POST', 'members', { email: bob.email }],
      ['POST', 'invitations', { email: bob.email }],
      ['DELETE', 'leave'],
    ] as const)
      expect(
        (await auth.call(method, `/teams/${id}/${path}`, { token: ann.token, ...(body && { body }) })).status,
      ).toBe(409);
    expect((await auth.call('DELETE', `/teams/${id}`, ann)).status).toBe(409);
    expect((await auth.call('GET', `/teams/${id}`, bob)).status).toBe(404);

    await auth.call('DELETE', `/auth/email/admin/users/${ann.email}`, { token: admin });
    expect((await auth.call('GET', `/teams/${id}`, { token: admin })).status).toBe(404);
    const again = await given(ann.email.split('@')[0]);
    expect(await teamsOf(again)).toEqual([expect.not.stringContaining(id)]);
  });

  it('a team is not there for others unless it is public, and only owners and administrators change it', async () => {
    const [ann, bob, cem] = [await given(), await given(), await given()];
    const team = await givenTeam(ann);
    await put(ann, team, bob);
    const ask = async (who: Someone | { token: string }, method: string, path: string, body?: object) =>
      (await auth.call(method, `/teams/${team.id}${path}`, { token: who.token, ...(body && { body }) })).status;

    for (const [method, path, body] of [
      ['GET', ''],
      ['PUT', '', { name: 'Mine' }],
      ['DELETE', ''],
      ['GET', '/members'],
      ['POST', '/members', { email: cem.email }],
      ['GET', '/invitations'],
      ['POST', '/invitations', { email: cem.email }],
      ['POST', '/join', {}],
      ['GET', '/join-requests'],
      ['DELETE', '/leave'],
    ] as const) {
      expect([method, path, await ask(cem, method, path, body)]).toEqual([method, path, 404]);
      const isForMembers = method === 'GET' && (path === '' || path === '/members');
      if (path !== '/join' && path !== '/leave')
        expect([method, path, await ask(bob, method, path, body)]).toEqual([method, path, isForMembers ? 200 : 403]);
    }
    expect(await ask({ token: admin }, 'PUT', '', { visibility: 'public' })).toBe(200);
    expect(await ask(cem, 'GET', '')).toBe(200);
    expect(await ask(cem, 'GET', '/members')).toBe(403);
    expect(await ask({ token: await signed({ sub: ann.email }) }, 'DELETE', '')).toBe(403);
  });

  it('a team that is public names its maker to those alone who reach it', async () => {
    const [ann, bob] = [await given(), await given()];
    const { id } = await givenTeam(ann, { visibility: 'public' });
    expect((await auth.call('GET', `/teams/${id}`, bob)).body).toMatchObject({ id, created_by: null });
    expect((await auth.call('GET', `/teams/${id}`, ann)).body).toMatchObject({ created_by: ann.email });
  });

  it('a team that is deleted is announced to who was in it, and one of a rule to everybody', async () => {
    const [ann, bob] = [await given(), await given()];
    const team = await givenTeam(ann);
    await put(ann, team, bob);
    const heard: (string | null)[] = [];
    const subscription = auth.running.bus.subscribe(GrantsChanged, ({ principalId }) => void heard.push(principalId));
    await auth.running.bus.flush();
    await auth.call('DELETE', `/teams/${team.id}`, ann);
    await vi.waitFor(() => expect(heard.toSorted()).toEqual([ann.email, bob.email].sort()));
    expect((await auth.call('DELETE', `/teams/${RULE_TEAM}`, { token: admin })).status).toBe(200);
    await vi.waitFor(() => expect(heard.slice(2)).toEqual([null]));
    subscription.close();
  });

  it('a team that is deleted has nobody in it, though somebody comes in at that moment', async () => {
    const [ann, bob] = [await given(), await given()];
    const { id } = await givenTeam(ann);
    const runner = auth.database.createQueryRunner();
    try {
      await runner.startTransaction();
      await runner.query('SELECT FROM auth.teams WHERE id = $1 FOR UPDATE', [id]);
      await runner.query(`INSERT INTO auth.team_members (team_id, user_email, role) VALUES ($1, $2, 'member')`, [
        id,
        bob.email,
      ]);
      const removed = auth.call('DELETE', `/teams/${id}`, ann);
      await vi.waitFor(async () =>
        expect(await auth.database.query('SELECT FROM pg_locks WHERE NOT granted')).not.toEqual([]),
      );
      await runner.commitTransaction();
      expect((await removed).status).toBe(200);
    } finally {
      await runner.release();
    }
    expect(await auth.database.query('SELECT FROM auth.team_members WHERE team_id = $1', [id])).toEqual([]);
  });

  it('a team that was deleted is reached by nobody, whatever rows are left', async () => {
    const ann = await given();
    const { id } = await givenTeam(ann);
    await auth.database.query('UPDATE auth.teams SET deleted_at = now() WHERE id = $1', [id]);
    expect(await teamsOf(ann)).not.toContain(id);
  });

  it('a team is refused when a rule of an issuer gives people the team of its slug', async () => {
    const ann = await given();
    for (const body of [{ name: RULE_TEAM }, { name: 'x', slug: 'rule-makers' }])
      expect((await auth.call('POST', '/teams', { token: ann.token, body })).body).toMatchObject({
        code: 'http.conflict',
        detail: 'The slug "rule-makers" is kept for a rule of TRUSTED_ISSUERS or SSO_RULES',
      });
  });

  it.each([
    ['no name', {}],
    ['an empty name', { name: '' }],
    ['a name of markup', { name: '<script>' }],
    ['a name without a letter', { name: '!!' }],
    ['a name that is too long', { name: 'x'.repeat(256) }],
    ['another visibility', { name: 'x', visibility: 'team' }],
    ['no members', { name: 'x', max_members: 0 }],
    ['a foreign member', { name: 'x', is_personal: true }],
  ])('a team is refused with 422 when it has %s', async (_what, body) => {
    expect((await auth.call('POST', '/teams', { token: admin, body })).status).toBe(422);
  });

  it('a team is refused when its slug is taken, or its creator is in as many as may be', async () => {
    const ann = await given();
    const { slug } = await givenTeam(ann);
    expect((await auth.call('POST', '/teams', { token: ann.token, body: { name: 'x', slug } })).status).toBe(409);
    await givenTeam(ann);
    await givenTeam(ann);
    expect((await auth.call('POST', '/teams', { token: ann.token, body: { name: 'fourth' } })).body).toMatchObject({
      code: 'http.conflict',
      detail: 'You are in 3 teams, the most allowed',
    });
  });
});

describe('members', () => {
  it('a member is let in and out at once, and a token reaches a team while its user is in it', async () => {
    const [ann, bob] = [await given(), await given()];
    const team = await givenTeam(ann);
    const narrowed = (await auth.call('POST', '/tokens', { token: bob.token, body: { name: 'all' } })).body;
    const outside = await signed({ sub: bob.email, teams: [team.id, 'from before'] });
    expect(await teamsOf({ token: outside })).toEqual(['from before']);
    const before = (await teamsOf(bob)) ?? [];
    expect(before).not.toContain(team.id);

    expect((await put(ann, team, { email: bob.email.toUpperCase() })).body).toEqual({
      id: expect.any(String),
      team_id: team.id,
      user_email: bob.email,
      role: 'member',
      joined_at: expect.any(String),
      invited_by: ann.email,
      is_active: true,
    });
    expect(await teamsOf(bob)).toEqual([...before, team.id].sort());
    expect(await teamsOf({ token: narrowed.access_token })).toContain(team.id);
    expect(await teamsOf({ token: outside })).toEqual([team.id, 'from before']);

    const path = `/teams/${team.id}/members`;
    expect((await auth.call('GET', path, bob)).body.map((m: { user_email: string }) => m.user_email).sort()).toEqual(
      [ann.email, bob.email].sort(),
    );
    const page = (await auth.call('GET', `${path}?limit=1&include_pagination=true`, bob)).body;
    expect(
      (await auth.call('GET', `${path}?limit=1&include_pagination=true&cursor=${page.nextCursor}`, bob)).body,
    ).toEqual({ members: [expect.objectContaining({ team_id: team.id })], nextCursor: null });

    expect((await auth.call('DELETE', `${path}/${bob.email}`, ann)).body).toEqual({
      success: true,
      message: 'Team member removed successfully',
    });
    expect(await teamsOf(bob)).toEqual(before);
    expect(await teamsOf({ token: narrowed.access_token })).toEqual(before);
    expect(await teamsOf({ token: outside })).toEqual(['from before']);
    expect((await auth.call('DELETE', `${path}/${bob.email}`, ann)).status).toBe(404);
  });

  it('a team keeps an owner when owners step down, leave or are taken out', async () => {
    const [ann, bob] = [await given(), await given()];
    const team = await givenTeam(ann);
    const change = (email: string, role: string) =>
      auth.call('PUT', `/teams/${team.id}/members/${email}`, { token: ann.token, body: { role } });
    expect((await change(ann.email, 'member')).status).toBe(409);
    expect((await auth.call('DELETE', `/teams/${team.id}/leave`, ann)).status).toBe(409);
    expect((await auth.call('DELETE', `/teams/${team.id}/members/${ann.email}`, ann)).status).toBe(409);
    expect((await change(bob.email, 'owner')).status).toBe(404);
    await put(ann, team, bob);
    expect((await change(bob.email, 'boss')).status).toBe(422);
    expect((await change(bob.email, 'owner')).body).toMatchObject({ user_email: bob.email, role: 'owner' });
    expect((await auth.call('DELETE', `/teams/${team.id}/leave`, ann)).status).toBe(200);
    expect((await auth.call('GET', `/teams/${team.id}`, ann)).status).toBe(404);
  });

  it('a member is refused when there is no such user, they are in it, or there is no place', async () => {
    const people = [await given(), await given(), await given(), await given(), await given()];
    const [ann = { email: '', token: '' }, ...others] = people;
    const team = await givenTeam(ann);
    expect((await put(ann, team, { email: 'nobody@example.org' })).body).toMatchObject({
      code: 'http.invalid',
      errors: [{ field: 'email' }],
    });
    expect((await put(ann, team, { email: 'no address' })).status).toBe(422);
    expect((await put(ann, team, ann)).status).toBe(409);
    const statuses = await Promise.all(others.map(async (other) => (await put(ann, team, other)).status));
    expect(statuses.sort()).toEqual([201, 201, 201, 409]);
  });
});

describe('owners', () => {
  it('an owner is made and unmade by owners and administrators, not by a role in the team', async () => {
    const [ann, bob, cem] = [await given(), await given(), await given()];
    const team = await givenTeam(ann);
    await put(ann, team, bob);
    await auth.call('POST', `/rbac/users/${bob.email}/roles`, {
      token: admin,
      body: { role_id: 'team_admin', scope: 'team', scope_id: team.id },
    });
    const ask = async (by: string, method: string, path: string, body?: object) =>
      (await auth.call(method, `/teams/${team.id}/${path}`, { token: by, ...(body && { body }) })).status;

    for (const [method, path, body] of [
      ['PUT', `members/${bob.email}`, { role: 'owner' }],
      ['PUT', `members/${ann.email}`, { role: 'member' }],
      ['DELETE', `members/${ann.email}`],
      ['POST', 'members', { email: cem.email, role: 'owner' }],
      ['POST', 'invitations', { email: cem.email, role: 'owner' }],
    ] as const)
      expect([method, path, await ask(bob.token, method, path, body)]).toEqual([method, path, 403]);
    expect(await ask(bob.token, 'POST', 'invitations', { email: cem.email })).toBe(201);
    expect(await ask(bob.token, 'POST', 'members', { email: cem.email })).toBe(201);
    expect(await ask(ann.token, 'PUT', `members/${cem.email}`, { role: 'owner' })).toBe(200);
    expect(await ask(admin, 'PUT', `members/${cem.email}`, { role: 'member' })).toBe(200);
  });
});

describe('invitations and wishes to join', () => {
  it('an invitation lets in whom it is to, once, and nobody else', async () => {
    const [ann, bob, cem] = [await given(), await given(), await given()];
    const team = await givenTeam(ann);
    const invite = async (email: string) =>
      (await auth.call('POST', `/teams/${team.id}/invitations`, { token: ann.token, body: { email } })).body;
    const invitation = await invite(bob.email);
    expect(invitation).toEqual({
      id: expect.any(String),
      team_id: team.id,
      team_name: team.name,
      email: bob.email,
      role: 'member',
      invited_by: ann.email,
      invited_at: expect.any(String),
      expires_at: expect.any(String),
      token: expect.any(String),
      is_active: true,
      is_expired: false,
    });
    expect((await auth.call('GET', `/teams/${team.id}/invitations`, ann)).body).toEqual([invitation]);
    const accept = ({ token }: Someone, { token: invited }: { token: string }) =>
      auth.call('POST', `/teams/invitations/${invited}/accept`, { token });
    expect((await accept(cem, invitation)).status).toBe(404);
    expect((await accept(bob, { token: 'x' })).status).toBe(404);

    const statuses = await Promise.all([1, 2, 3].map(async () => (await accept(bob, invitation)).status));
    expect(statuses.sort()).toEqual([200, 404, 404]);
    expect(await teamsOf(bob)).toContain(team.id);
    expect((await auth.call('GET', `/teams/${team.id}/invitations`, ann)).body).toEqual([]);

    const second = await invite(cem.email);
    expect((await auth.call('DELETE', `/teams/invitations/${second.id}`, cem)).status).toBe(404);
    expect((await auth.call('DELETE', `/teams/invitations/${second.id}`, ann)).status).toBe(200);
    expect((await accept(cem, second)).status).toBe(404);
    const third = await invite(cem.email);
    await auth.database.query('UPDATE auth.invitations SET expires_at = now() WHERE id = $1', [third.id]);
    expect((await accept(cem, third)).status).toBe(404);
  });

  it('an invitation is gone when who made it may not invite any more', async () => {
    const [ann, bob, cem] = [await given(), await given(), await given()];
    const team = await givenTeam(ann);
    await put(ann, team, bob, 'owner');
    const body = { email: cem.email };
    const invited = await auth.call('POST', `/teams/${team.id}/invitations`, { token: bob.token, body });
    const accept = (token: string) =>
      auth.call('POST', `/teams/invitations/${invited.body.token}/accept`, { token }).then(({ status }) => status);
    const become = (role: string) =>
      auth.call('PUT', `/teams/${team.id}/members/${bob.email}`, { token: ann.token, body: { role } });

    await become('member');
    expect(await accept(cem.token)).toBe(404);
    await become('owner');
    expect(await accept(await signed({ sub: cem.email, teams: [] }))).toBe(403);
    await auth.call('PATCH', `/auth/email/admin/users/${bob.email}`, { token: admin, body: { is_active: false } });
    expect(await accept(cem.token)).toBe(404);
    await auth.call('PATCH', `/auth/email/admin/users/${bob.email}`, { token: admin, body: { is_active: true } });
    expect(await accept(cem.token)).toBe(200);
  });

  it('invitations and wishes to join are decided by no token that is narrowed to other things', async () => {
    const [ann, bob] = [await given(), await given()];
    const team = await givenTeam(ann, { visibility: 'public' });
    const wish = (await auth.call('POST', `/teams/${team.id}/join`, { token: bob.token, body: {} })).body;
    const permissions = ['teams.read', 'teams.join'];
    const narrowed = { token: await signed({ sub: ann.email, teams: [team.id], scopes: { permissions } }) };
    expect((await auth.call('GET', `/teams/${team.id}/invitations`, narrowed)).status).toBe(403);
    const decide = `/teams/${team.id}/join-requests/${wish.id}`;
    expect((await auth.call('DELETE', decide, narrowed)).status).toBe(403);
    expect((await auth.call('DELETE', decide, ann)).status).toBe(200);
  });

  it('a public team is found and joined when an owner says yes', async () => {
    const [ann, bob, cem] = [await given(), await given(), await given()];
    const team = await givenTeam(ann, { visibility: 'public', description: 'Come in' });
    const found = (await auth.call('GET', '/teams/discover?limit=100', bob)).body;
    expect(found).toContainEqual({
      id: team.id,
      name: team.name,
      description: 'Come in',
      member_count: 1,
      created_at: team.created_at,
      is_joinable: true,
    });
    const join = ({ token }: Someone) =>
      auth.call('POST', `/teams/${team.id}/join`, { token, body: { message: 'Hello' } });
    const wish = (await join(bob)).body;
    expect(wish).toEqual({
      id: expect.any(String),
      team_id: team.id,
      team_name: team.name,
      user_email: bob.email,
      message: 'Hello',
      status: 'pending',
      requested_at: expect.any(String),
      expires_at: expect.any(String),
    });
    expect((await join(bob)).status).toBe(409);
    expect((await join(ann)).status).toBe(409);
    expect((await auth.call('GET', `/teams/${team.id}/join-requests`, ann)).body).toEqual([wish]);
    const decide = `/teams/${team.id}/join-requests/${wish.id}`;
    expect((await auth.call('POST', `${decide}/approve`, bob)).status).toBe(403);
    expect((await auth.call('POST', `${decide}/approve`, ann)).body).toMatchObject({ user_email: bob.email });
    expect(await teamsOf(bob)).toContain(team.id);
    expect((await auth.call('POST', `${decide}/approve`, ann)).status).toBe(404);

    const other = (await join(cem)).body;
    expect((await auth.call('DELETE', `/teams/${team.id}/join-requests/${other.id}`, cem)).status).toBe(200);
    expect((await auth.call('DELETE', `/teams/${team.id}/join-requests/${other.id}`, ann)).status).toBe(404);
    expect((await auth.call('GET', '/teams/discover?limit=100', bob)).body).not.toContainEqual(
      expect.objectContaining({ id: team.id }),
    );
  });
});

describe('roles', () => {
  const rbac = (method: string, path: string, body?: object, by: { readonly token: string } = { token: admin }) =>
    auth.call(method, `/rbac/${path}`, { token: by.token, ...(body && { body }) });
  const give = (
    { email }: Pick<Someone, 'email'>,
    roleId: string,
    more: object = {},
    by?: { readonly token: string },
  ) => rbac('POST', `users/${email}/roles`, { role_id: roleId, scope: 'global', ...more }, by);
  const givenRole = async (facts: object) =>
    (await rbac('POST', 'roles', { name: randomBytes(4).toString('hex'), scope: 'global', permissions: [], ...facts }))
      .body;

  it('a role answers in the shape of ContextForge when it is made, inherits, is changed and deleted', async () => {
    const made = await rbac('POST', 'roles', {
      name: 'exporter',
      description: 'Takes copies',
      scope: 'global',
      permissions: ['admin.export'],
      inherits_from: 'user',
    });
    expect(made).toMatchObject({ status: 200 });
    expect(made.body).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{32}$/),
      name: 'exporter',
      description: 'Takes copies',
      scope: 'global',
      permissions: ['admin.export'],
      inherits_from: 'user',
      effective_permissions: expect.arrayContaining(['admin.export', 'tools.execute']),
      created_by: ADMIN,
      is_system_role: false,
      is_active: true,
      created_at: expect.any(String),
      updated_at: expect.any(String),
    });
    const path = `roles/${made.body.id}`;
    expect((await rbac('GET', path)).body).toEqual(made.body);
    const ids = (await rbac('GET', 'roles?scope=global')).body.map(({ id }: { id: string }) => id);
    expect(ids.slice(0, 3)).toEqual(['platform_admin', 'platform_viewer', 'user']);
    expect(ids).toContain(made.body.id);
    expect((await rbac('PUT', path, { permissions: ['admin.import'], inherits_from: null })).body).toMatchObject({
      name: 'exporter',
      effective_permissions: ['admin.import'],
    });
    expect((await rbac('DELETE', path)).body).toEqual({ message: 'Role deleted successfully' });
    expect((await rbac('GET', path)).status).toBe(404);
  });

  it.each<[string, object, number]>([
    ['an unknown permission', { name: 'x', scope: 'global', permissions: ['tools.raed'] }, 422],
    ['administration for a team', { name: 'x', scope: 'team', permissions: ['admin.metrics'] }, 422],
    ['everything for a team', { name: 'x', scope: 'team', permissions: ['*'] }, 422],
    ['another scope', { name: 'x', scope: 'personal', permissions: [] }, 422],
    ['an unknown role to inherit from', { name: 'x', scope: 'global', permissions: [], inherits_from: 'no' }, 422],
    ['a role of a team to inherit from', { name: 'x', scope: 'global', permissions: [], inherits_from: 'viewer' }, 422],
    ['a name that is taken', { name: 'user', scope: 'global', permissions: [] }, 409],
  ])('a role is refused when it has %s', async (_what, body, status) => {
    expect((await rbac('POST', 'roles', body)).status).toBe(status);
  });

  it('a role is refused when it would inherit from itself, and a built-in one is not changed', async () => {
    const parent = await givenRole({});
    const child = await givenRole({ inherits_from: parent.id });
    expect((await rbac('PUT', `roles/${parent.id}`, { inherits_from: child.id })).status).toBe(422);
    expect((await rbac('DELETE', `roles/${parent.id}`)).status).toBe(409);
    expect((await rbac('PUT', 'roles/user', { permissions: ['*'] })).status).toBe(409);
    expect((await rbac('DELETE', 'roles/user')).status).toBe(409);
    const ann = await given();
    for (const [method, path, body] of [
      ['GET', 'roles'],
      ['POST', 'roles', { name: 'mine', scope: 'global', permissions: [] }],
      ['POST', `users/${ann.email}/roles`, { role_id: 'platform_admin', scope: 'global' }],
      ['GET', `users/${ann.email}/roles`],
      ['GET', `permissions/user/${ann.email}`],
    ] as const)
      expect([path, (await rbac(method, path, body, ann)).status]).toEqual([path, 403]);
  });

  it('a role that permits everything makes an administrator while its user has it, by a token of before as well', async () => {
    const ann = await given();
    const outside = await signed({ sub: ann.email, is_admin: false, teams: null });
    const [own] = (await teamsOf(ann)) ?? [];
    const made = await give(ann, 'platform_admin');
    expect(made.body).toEqual({
      id: expect.any(String),
      user_email: ann.email,
      role_id: 'platform_admin',
      role_name: 'platform_admin',
      scope: 'global',
      scope_id: null,
      granted_by: ADMIN,
      granted_at: expect.any(String),
      expires_at: null,
      is_active: true,
    });
    expect(await auth.admission.admit(ann.token)).toMatchObject({ isAdmin: true, teams: null, permissions: ['*'] });
    expect(await auth.admission.admit(outside)).toMatchObject({ isAdmin: false, teams: [own] });
    expect((await rbac('GET', `users/${ann.email}/roles`)).body).toEqual([made.body]);
    expect((await rbac('GET', 'my/roles', undefined, ann)).body).toEqual([made.body]);
    expect((await rbac('DELETE', `users/${ann.email}/roles/platform_admin`)).body).toEqual({
      message: 'Role revoked successfully',
    });
    expect(await auth.admission.admit(ann.token)).toMatchObject({ isAdmin: false, teams: [own] });
    expect((await rbac('DELETE', `users/${ann.email}/roles/platform_admin`)).status).toBe(404);
  });

  it('a role in a team counts there, as far as the token goes, until it expires or its user leaves', async () => {
    const [ann, bob] = [await given(), await given()];
    const team = await givenTeam(ann);
    await put(ann, team, bob);
    const inTeam = { scope: 'team', scope_id: team.id };
    expect((await give(bob, 'developer', inTeam)).status).toBe(200);
    const permissions = async (token: string) => (await auth.admission.admit(token)).teamPermissions;
    expect(await permissions(bob.token)).toEqual({ [team.id]: expect.arrayContaining(['gateways.*']) });
    const narrowed = await signed({ sub: bob.email, teams: null, scopes: { permissions: ['gateways.create'] } });
    expect(await permissions(narrowed)).toEqual({ [team.id]: ['gateways.create'] });
    expect(await permissions(await signed({ sub: bob.email, teams: [] }))).toBeUndefined();

    const check = async (permission: string, teamId?: string) =>
      (await rbac('POST', 'permissions/check', { user_email: bob.email, permission, team_id: teamId })).body;
    expect(await check('gateways.create', team.id)).toEqual({
      user_email: bob.email,
      permission: 'gateways.create',
      granted: true,
      checked_at: expect.any(String),
      checked_by: ADMIN,
    });
    expect(await check('gateways.create')).toMatchObject({ granted: false });
    expect(await check('tools.execute')).toMatchObject({ granted: true });
    expect((await rbac('GET', `permissions/user/${bob.email}?team_id=${team.id}`)).body).toContain('gateways.*');
    expect((await rbac('GET', 'my/permissions', undefined, bob)).body).not.toContain('gateways.*');

    for (let lifeMs = 1_500; ; lifeMs *= 2) {
      const expiresAt = new Date(Date.now() + lifeMs).toISOString();
      const given = await give(bob, 'developer', { ...inTeam, expires_at: expiresAt });
      const held = await permissions(bob.token);
      // Over before it was looked at, on a machine that stood still meanwhile: once more, for longer.
      if (new Date() >= new Date(expiresAt)) continue;
      expect(given.body).toMatchObject({ expires_at: expiresAt });
      expect(held).toBeDefined();
      break;
    }
    await vi.waitFor(async () => expect(await permissions(bob.token)).toBeUndefined());
    expect((await rbac('GET', `users/${bob.email}/roles`)).body).toEqual([]);
    expect((await rbac('GET', `users/${bob.email}/roles?active_only=false`)).body).toMatchObject([
      { is_active: false },
    ]);

    await give(bob, 'viewer', inTeam);
    await auth.call('DELETE', `/teams/${team.id}/leave`, bob);
    await put(ann, team, bob);
    expect(await permissions(bob.token)).toBeUndefined();
  });

  it('an owner gives roles in their team of what they may do there, and a team administrator says who is in it', async () => {
    const [ann, bob, cem] = [await given(), await given(), await given()];
    const team = await givenTeam(ann);
    await put(ann, team, bob);
    const inTeam = { scope: 'team', scope_id: team.id };
    expect((await give(bob, 'viewer', inTeam, ann)).status).toBe(200);
    expect((await give(bob, 'developer', inTeam, ann)).status).toBe(403);
    expect((await give(bob, 'viewer', inTeam, bob)).status).toBe(403);
    expect((await give(bob, 'user', {}, ann)).status).toBe(403);
    expect((await put(bob, team, cem)).status).toBe(403);
    expect((await give(bob, 'team_admin', inTeam)).status).toBe(200);
    expect((await put(bob, team, cem)).status).toBe(201);
    expect((await give(cem, 'developer', inTeam, bob)).status).toBe(200);
    expect(
      (await rbac('DELETE', `users/${cem.email}/roles/developer?scope_id=${team.id}`, undefined, bob)).status,
    ).toBe(200);
  });

  it('a role is given to oneself by nobody but owners and administrators', async () => {
    const [ann, bob] = [await given(), await given()];
    const team = await givenTeam(ann);
    await put(ann, team, bob);
    const inTeam = { scope: 'team', scope_id: team.id };
    const expiresAt = new Date(Date.now() + 600_000).toISOString();
    await give(bob, 'team_admin', { ...inTeam, expires_at: expiresAt });
    for (const more of [inTeam, { ...inTeam, expires_at: expiresAt }])
      expect((await give(bob, 'team_admin', more, bob)).body).toMatchObject({
        code: 'auth.grant_missing',
        detail: 'Nobody gives a role to themselves',
      });
    const role = await givenRole({ permissions: ['admin.user_management'] });
    await give(bob, role.id, { expires_at: expiresAt });
    expect((await give(bob, role.id, {}, bob)).status).toBe(403);
    expect((await give(ann, 'viewer', inTeam, ann)).status).toBe(200);
    expect((await give({ email: ADMIN }, role.id)).status).toBe(200);
  });

  it('a role is given for no longer than its giver has what it permits', async () => {
    const [ann, bob, cem] = [await given(), await given(), await given()];
    const team = await givenTeam(ann);
    for (const one of [bob, cem]) await put(ann, team, one);
    const inTeam = { scope: 'team', scope_id: team.id };
    const at = (ms: number) => new Date(Date.now() + ms).toISOString();
    const until = at(600_000);
    await give(bob, 'team_admin', { ...inTeam, expires_at: until });
    for (const expires_at of [null, at(700_000)])
      expect((await give(cem, 'developer', { ...inTeam, expires_at }, bob)).body).toMatchObject({
        code: 'auth.grant_missing',
        detail: expect.stringContaining(`until ${until}`),
      });
    expect((await give(cem, 'developer', { ...inTeam, expires_at: until }, bob)).status).toBe(200);
    expect((await give(cem, 'viewer', inTeam, bob)).status).toBe(200);

    await give(bob, 'platform_admin', { expires_at: until });
    expect((await give(bob, 'platform_admin', {}, bob)).status).toBe(403);
    expect((await give(cem, 'platform_admin', {}, bob)).status).toBe(403);
    // What has ended since they were let in gives no more than what is going to end.
    await auth.database.query('UPDATE auth.role_assignments SET expires_at = now() WHERE user_email = $1', [bob.email]);
    expect((await give(cem, 'platform_admin', {}, bob)).status).toBe(403);
  });

  it('nobody keeps, or hands on, what they have for a time by a change of roles or accounts', async () => {
    const [ann, bob, boss] = [await given(), await given(), await given()];
    const expires_at = new Date(Date.now() + 600_000).toISOString();
    const userManager = await givenRole({ permissions: ['admin.user_management', 'admin.export'] });
    await give(ann, userManager.id, { expires_at });
    const lasting = await givenRole({ permissions: ['tools.read'] });
    await give(ann, lasting.id);
    const refusal = { code: 'auth.grant_missing', detail: expect.stringContaining(`until ${expires_at}`) };
    const change = (body: object, by: Pick<Someone, 'token'>) =>
      auth.call('PUT', `/rbac/roles/${lasting.id}`, { token: by.token, body });
    for (const body of [{ permissions: ['tools.read', 'admin.export'] }, { inherits_from: userManager.id }])
      expect((await change(body, ann)).body).toMatchObject(refusal);
    expect((await change({ permissions: ['tools.read', 'tools.execute'] }, ann)).status).toBe(200);
    expect((await change({ permissions: ['tools.read', 'admin.export'] }, { token: admin })).status).toBe(200);
    expect((await change({ description: 'Stays so' }, ann)).status).toBe(200);

    const patch = (whom: Pick<Someone, 'email'>, body: object, by: Someone) =>
      auth.call('PATCH', `/auth/email/admin/users/${whom.email}`, { token: by.token, body });
    const password = { password: 'four little words more' };
    await give(bob, userManager.id);
    expect((await patch(bob, password, ann)).body).toMatchObject(refusal);
    await give(bob, userManager.id, { expires_at });
    expect((await patch(bob, password, ann)).status).toBe(200);

    await give(boss, 'platform_admin', { expires_at });
    for (const [whom, body] of [
      [boss, { is_admin: true }],
      [bob, { is_admin: true }],
      [{ email: ADMIN }, password],
    ] as const)
      expect((await patch(whom, body, boss)).body).toMatchObject(refusal);
    const made = { email: 'made-in-time@example.org', is_admin: true };
    expect((await auth.call('POST', '/auth/email/admin/users', { token: boss.token, body: made })).body).toMatchObject(
      refusal,
    );
  });

  it('a role that somebody has in two teams is taken from both, or from none', async () => {
    const [ann, bob] = [await given(), await given()];
    const [mine, other] = [await givenTeam(ann), await givenTeam(ann)];
    for (const { id } of [mine, other]) {
      await put(ann, { id }, bob);
      await give(bob, 'viewer', { scope: 'team', scope_id: id });
    }
    await auth.database.query(`UPDATE auth.team_members SET role = 'member' WHERE team_id = $1`, [other.id]);
    const left = async () => (await rbac('GET', `users/${bob.email}/roles`)).body.length;
    expect((await rbac('DELETE', `users/${bob.email}/roles/viewer`, undefined, ann)).status).toBe(403);
    expect(await left()).toBe(2);
    expect((await rbac('DELETE', `users/${bob.email}/roles/viewer`)).status).toBe(200);
    expect(await left()).toBe(0);
  });

  it('what a role permits changes for all who have it at once', async () => {
    const ann = await given();
    const role = await givenRole({ permissions: ['admin.export'] });
    await give(ann, role.id);
    const permissions = async () => (await auth.admission.admit(ann.token)).permissions;
    expect(await permissions()).toContain('admin.export');
    await rbac('PUT', `roles/${role.id}`, { permissions: ['admin.import'] });
    expect(await permissions()).toContain('admin.import');
    expect(await permissions()).not.toContain('admin.export');
    await rbac('DELETE', `roles/${role.id}`);
    expect(await permissions()).not.toContain('admin.import');
  });

  it.each<[string, object]>([
    ['an unknown role', { role_id: 'nobody' }],
    ['the scope of another role', { role_id: 'viewer' }],
    ['no team for a role in one', { role_id: 'viewer', scope: 'team' }],
    ['a team for a global role', { role_id: 'user', scope_id: 'x' }],
    ['an expiry that is over', { role_id: 'user', expires_at: '2020-01-01T00:00:00Z' }],
    ['an expiry that is no time', { role_id: 'user', expires_at: 'soon' }],
  ])('a role cannot be given with %s', async (_what, body) => {
    const ann = await given();
    expect((await give(ann, '', body)).status).toBe(422);
  });

  it('a role cannot be given to a user who is unknown, or not in the team', async () => {
    const [ann, bob] = [await given(), await given()];
    const team = await givenTeam(ann);
    expect((await give({ email: 'nobody@example.org' }, 'user')).status).toBe(422);
    expect((await give(bob, 'viewer', { scope: 'team', scope_id: team.id })).status).toBe(422);
    expect((await give(bob, 'viewer', { scope: 'team', scope_id: 'nowhere' })).status).toBe(422);
    expect((await rbac('GET', 'permissions/available')).body).toMatchObject({
      all_permissions: expect.arrayContaining(['tools.execute']),
      permissions_by_resource: { teams: expect.arrayContaining(['teams.create']) },
    });
  });
});

describe('user management', () => {
  const users = '/auth/email/admin/users';

  it('user management alone, by a role or a narrowed token, decides over nobody who may more', async () => {
    const [ann, bob, boss] = [await given(), await given(), await given()];
    const ask = async (token: string, method: string, path: string, body?: object) =>
      (await auth.call(method, path, { token, ...(body && { body }) })).status;
    const give = (email: string, roleId: string) =>
      auth.call('POST', `/rbac/users/${email}/roles`, { token: admin, body: { role_id: roleId, scope: 'global' } });
    const role = async (permissions: string[]) => {
      const body = { name: randomBytes(4).toString('hex'), scope: 'global', permissions };
      return (await auth.call('POST', '/rbac/roles', { token: admin, body })).body.id;
    };
    await give(ann.email, await role(['admin.user_management']));
    await give(boss.email, 'platform_admin');
    const permissions = ['admin.user_management'];
    const narrowed = await signed({ sub: ADMIN, is_admin: true, teams: null, scopes: { permissions } });
    const tokenOf = async ({ token }: { token: string }) => {
      const made = await auth.call('POST', '/tokens', { token, body: { name: randomBytes(4).toString('hex') } });
      return made.body.token.id;
    };
    const refused = [
      ['POST', users, { email: 'new@example.org', is_admin: true }],
      ['PATCH', `${users}/${ann.email}`, { is_admin: true }],
      ...[ADMIN, boss.email].flatMap((email) => [
        ['PATCH', `${users}/${email}`, { password: 'four little words more' }] as const,
        ['PUT', `${users}/${email}`, { is_active: true }] as const,
        ['PATCH', `${users}/${email}`, { is_admin: false }] as const,
        ['DELETE', `${users}/${email}`] as const,
      ]),
      ['DELETE', `/tokens/admin/${await tokenOf({ token: admin })}`],
      ['DELETE', `/tokens/admin/${await tokenOf(boss)}`],
      ['DELETE', '/tokens/admin/of-whom-nobody-knows'],
    ] as const;
    for (const token of [ann.token, narrowed])
      for (const [method, path, body] of refused)
        expect([method, path, await ask(token, method, path, body)]).toEqual([method, path, 403]);

    const change = { password: 'four little words more', is_active: true };
    expect(await ask(ann.token, 'PATCH', `${users}/${bob.email}`, change)).toBe(200);
    expect(await ask(narrowed, 'PATCH', `${users}/${bob.email}`, change)).toBe(403);
    expect(await ask(narrowed, 'PATCH', `${users}/${bob.email}`, { full_name: 'Bob' })).toBe(200);
    expect(await ask(ann.token, 'POST', users, { email: 'new@example.org' })).toBe(201);
    expect(await ask(ann.token, 'DELETE', `${users}/new@example.org`)).toBe(204);
    const cem = await given();
    expect(await ask(ann.token, 'DELETE', `/tokens/admin/${await tokenOf(cem)}`)).toBe(204);

    await give(cem.email, await role(['admin.export']));
    expect((await auth.call('DELETE', `${users}/${cem.email}`, ann)).body).toMatchObject({
      code: 'auth.grant_missing',
      detail: 'The user holds the permission admin.export, which you do not hold yourself',
    });
    const other = await given();
    const team = await givenTeam(other);
    await put(other, team, ann);
    await auth.call('POST', `/rbac/users/${ann.email}/roles`, {
      token: admin,
      body: { role_id: 'developer', scope: 'team', scope_id: team.id },
    });
    await give(other.email, await role(['admin.user_management']));
    expect(await ask(other.token, 'PATCH', `${users}/${ann.email}`, { is_active: false })).toBe(403);
    expect(await ask(admin, 'DELETE', `${users}/${boss.email}`)).toBe(204);
  });
});

describe('tokens for a team, a place and a time', () => {
  const make = (by: Pick<Someone, 'token'>, body: object, path = '/tokens') =>
    auth.call('POST', path, { token: by.token, body: { name: randomBytes(4).toString('hex'), ...body } });
  const restricted = async (by: Pick<Someone, 'token'>, scope: object) => {
    const made = await make(by, { scope });
    expect(made.status).toBe(201);
    return { ...made.body.token, value: made.body.access_token };
  };
  const me = async (token: string) => (await auth.call('GET', '/auth/email/me', { token })).status;

  it('a token for a team reaches that team alone, while its user is in it', async () => {
    const [ann, bob, eve] = [await given(), await given(), await given()];
    const [team, other] = [await givenTeam(ann), await givenTeam(ann)];
    for (const one of [team, other]) await put(ann, one, bob);
    const made = await make(bob, { tags: ['ci', 'ci'] }, `/tokens/teams/${team.id}`);
    expect(made).toMatchObject({ status: 201, body: { token: { team_id: team.id, tags: ['ci'] } } });
    const token = { token: made.body.access_token };
    expect(await teamsOf(token)).toEqual([team.id]);
    expect((await make(bob, { team_id: other.id })).body.token.team_id).toBe(other.id);
    expect((await make(bob, { team_id: other.id }, `/tokens/teams/${team.id}`)).status).toBe(422);
    expect((await make(token, { team_id: other.id })).status).toBe(404);
    expect((await make(eve, {}, `/tokens/teams/${team.id}`)).status).toBe(404);

    await make(ann, { team_id: team.id });
    const listed = async (by: Pick<Someone, 'token'>) => {
      const { body } = await auth.call('GET', `/tokens/teams/${team.id}`, { token: by.token });
      return body.tokens?.map(({ user_email }: { user_email: string }) => user_email);
    };
    expect(await listed(ann)).toEqual([ann.email, bob.email]);
    expect(await listed(bob)).toEqual([bob.email]);
    expect(await listed(eve)).toBeUndefined();

    await auth.call('DELETE', `/teams/${team.id}/members/${bob.email}`, { token: ann.token });
    expect(await teamsOf(token)).toEqual([]);
  });

  it('an administrator makes a token for somebody else, who has it at once, sees who made it, and may no more by it than both may', async () => {
    const [ann, eve] = [await given(), await given()];
    const by = { token: admin };
    const made = await make(by, { user_email: ann.email.toUpperCase() });
    expect(made).toMatchObject({
      status: 201,
      body: { token: { user_email: ann.email, created_by: ADMIN, awaits_acceptance: false } },
    });
    expect(made.body.token.resource_scopes).toEqual(expect.arrayContaining(['tools.execute', 'servers.use']));
    expect(made.body.token.resource_scopes).not.toContain('tokens.create');
    const { id, email } = { id: made.body.token.id, email: ann.email };
    expect(await auth.admission.admit(made.body.access_token)).toMatchObject({ id: email, isAdmin: false });

    expect((await make(by, { user_email: email, scope: { permissions: ['tools.delete'] } })).body).toMatchObject({
      code: 'auth.grant_missing',
      detail: `${email} does not hold the permission tools.delete`,
    });
    const narrow = {
      token: (await make(by, { scope: { permissions: ['tokens.create', 'tools.read'] } })).body.access_token,
    };
    expect((await make(narrow, { user_email: email })).status).toBe(403);
    expect((await make(eve, { user_email: email })).body).toMatchObject({ code: 'auth.grant_missing' });
    expect((await make(by, { user_email: 'nobody@example.org' })).status).toBe(422);

    const listed = async (token: string) =>
      (await auth.call('GET', '/tokens', { token })).body.tokens.filter((one: { id: string }) => one.id === id);
    expect(await listed(ann.token)).toMatchObject([{ created_by: ADMIN }]);
    expect(await listed(admin)).toMatchObject([{ user_email: email }]);
    expect(await listed(eve.token)).toEqual([]);
    expect((await auth.call('DELETE', `/tokens/${id}`, { token: eve.token })).status).toBe(404);
    expect((await auth.call('DELETE', `/tokens/${id}`, { token: ann.token })).status).toBe(204);
    expect(await me(made.body.access_token)).toBe(401);
  });

  it('an administrator’s token for another administrator administers nothing', async () => {
    const boss = await given();
    await auth.call('PATCH', `/auth/email/admin/users/${boss.email}`, { token: admin, body: { is_admin: true } });
    const made = await make({ token: admin }, { user_email: boss.email });
    expect(await auth.admission.admit(made.body.access_token)).toMatchObject({ id: boss.email, isAdmin: false });
    expect((await auth.call('GET', '/tokens/admin/all', { token: made.body.access_token })).status).toBe(403);

    const role = await auth.call('POST', '/rbac/roles', {
      token: admin,
      body: { name: randomBytes(4).toString('hex'), scope: 'global', permissions: ['admin.user_management'] },
    });
    const assigned = { role_id: role.body.id, scope: 'global' };
    await auth.call('POST', `/rbac/users/${boss.email}/roles`, { token: admin, body: assigned });
    for (const named of ['*', 'admin.*', 'admin.user_management'])
      expect(
        await make({ token: admin }, { user_email: boss.email, scope: { permissions: ['tools.read', named] } }),
      ).toMatchObject({
        status: 403,
        body: { detail: expect.stringContaining(`administers nothing, and so has no ${named}`) },
      });
  });

  it('the owner of a team offers its members a token for it, which is refused until they accept it, and both can end', async () => {
    const [ann, bob, eve] = [await given(), await given(), await given()];
    const team = await givenTeam(ann);
    await put(ann, team, bob);
    const path = `/tokens/teams/${team.id}`;
    expect((await make(ann, { user_email: eve.email }, path)).status).toBe(422);
    expect((await make(bob, { user_email: ann.email }, path)).status).toBe(403);
    expect((await make(ann, { user_email: bob.email })).status).toBe(403);
    const made = await make(ann, { user_email: bob.email }, path);
    expect(made).toMatchObject({
      status: 201,
      body: { token: { user_email: bob.email, created_by: ann.email, awaits_acceptance: true, team_id: team.id } },
    });
    const value = made.body.access_token;
    const { id } = made.body.token;
    const refused = await auth.call('GET', '/auth/email/me', { token: value });
    expect(refused).toMatchObject({
      status: 401,
      body: { detail: expect.stringContaining('its user accepts it first') },
    });

    const accept = (token: string) => auth.call('POST', `/tokens/${id}/accept`, { token });
    expect((await accept(ann.token)).status).toBe(404);
    expect((await accept(admin)).status).toBe(404);
    expect((await accept(eve.token)).status).toBe(404);
    expect(await accept(bob.token)).toMatchObject({ status: 200, body: { awaits_acceptance: false } });
    expect(await auth.admission.admit(value)).toMatchObject({ id: bob.email, teams: [team.id], isAdmin: false });

    expect((await auth.call('PUT', `/tokens/${id}`, { token: ann.token, body: { tags: ['x'] } })).status).toBe(200);
    expect((await auth.call('DELETE', `/tokens/${id}`, { token: ann.token })).status).toBe(204);
    await expect(Promise.resolve(auth.admission.admit(value))).rejects.toMatchObject({
      code: 'auth.credential_invalid',
    });
  });

  it.each<[string, string, object | undefined]>([
    ['disabled', 'PATCH', { is_active: false }],
    ['removed', 'DELETE', undefined],
  ])('a token for somebody else ends, with what it asked for, when who made it is %s', async (_what, method, body) => {
    const [boss, ann] = [await given(), await given()];
    const users = '/auth/email/admin/users';
    await auth.call('PATCH', `${users}/${boss.email}`, { token: admin, body: { is_admin: true } });
    const made = await make(boss, { user_email: ann.email, scope: { permissions: ['tokens.create', 'tools.read'] } });
    const child = await make({ token: made.body.access_token }, {});
    const own = (await make(ann, {})).body.access_token;
    const tokens = [made.body.access_token, child.body.access_token, own];
    for (const token of tokens) expect((await auth.admission.admit(token)).id).toBe(ann.email);
    await auth.call(method, `${users}/${boss.email}`, { token: admin, ...(body && { body }) });
    expect(await Promise.all(tokens.map(me))).toEqual([401, 401, 200]);
    await expect(Promise.resolve(auth.admission.admit(tokens[0]))).rejects.toMatchObject({
      code: 'auth.credential_invalid',
    });
  });

  it.each<[string, (boss: Someone) => Promise<{ take: () => Promise<unknown>; giveBack: () => Promise<unknown> }>]>([
    [
      'administers no longer',
      async ({ email }) => {
        const set = (is_admin: boolean) =>
          auth.call('PATCH', `/auth/email/admin/users/${email}`, { token: admin, body: { is_admin } });
        await set(true);
        return { take: () => set(false), giveBack: () => set(true) };
      },
    ],
    [
      'manages users no longer',
      async ({ email }) => {
        const permissions = ['admin.user_management', 'tools.*', 'tokens.*'];
        const role = { name: randomBytes(4).toString('hex'), scope: 'global', permissions };
        const { id } = (await auth.call('POST', '/rbac/roles', { token: admin, body: role })).body;
        const path = `/rbac/users/${email}/roles`;
        const assign = () => auth.call('POST', path, { token: admin, body: { role_id: id, scope: 'global' } });
        await assign();
        return { take: () => auth.call('DELETE', `${path}/${id}?scope=global`, { token: admin }), giveBack: assign };
      },
    ],
  ])('a token for somebody else is refused, with what it asked for, when who made it %s', async (_what, let_) => {
    const [boss, ann] = [await given(), await given()];
    const { take, giveBack } = await let_(boss);
    const scope = { permissions: ['tokens.create', 'tools.read'] };
    const made = await make(boss, { user_email: ann.email, scope });
    const child = await make({ token: made.body.access_token }, {});
    const own = (await make(ann, {})).body.access_token;
    const tokens = [made.body.access_token, child.body.access_token, own];
    for (const token of tokens) expect((await auth.admission.admit(token)).id).toBe(ann.email);

    await take();
    expect(await Promise.all(tokens.map(me))).toEqual([401, 401, 200]);
    for (const token of tokens.slice(0, 2))
      await expect(Promise.resolve(auth.admission.admit(token))).rejects.toMatchObject({
        message: expect.stringContaining('made by somebody who may make none for its user any more'),
      });
    await giveBack();
    await expect.poll(() => me(tokens[0])).toBe(200);
  });

  it.each<[string, string, string, object | undefined]>([
    ['owns the team no longer', 'PUT', '/members/WHO', { role: 'member' }],
    ['is in the team no longer', 'DELETE', '/members/WHO', undefined],
    ['sees the team deleted', 'DELETE', '', undefined],
  ])('a team’s token for somebody else is refused when who made it %s', async (_what, method, path, body) => {
    const [ann, bob, cem] = [await given(), await given(), await given()];
    const team = await givenTeam(ann);
    await put(ann, team, bob);
    await put(ann, team, cem, 'owner');
    const made = await make(ann, { user_email: bob.email }, `/tokens/teams/${team.id}`);
    const value = made.body.access_token;
    await auth.call('POST', `/tokens/${made.body.token.id}/accept`, { token: bob.token });
    expect(await auth.admission.admit(value)).toMatchObject({ id: bob.email, teams: [team.id] });

    await auth.call(method, `/teams/${team.id}${path.replace('WHO', ann.email)}`, {
      token: cem.token,
      ...(body && { body }),
    });
    await expect.poll(() => me(value)).toBe(401);
    await expect(Promise.resolve(auth.admission.admit(value))).rejects.toMatchObject({
      code: 'auth.credential_invalid',
    });
  });

  it('a team’s token for somebody else is refused, with what it asked for, when its user is in the team no longer', async () => {
    const [ann, bob] = [await given(), await given()];
    const team = await givenTeam(ann);
    await put(ann, team, bob);
    const scope = { permissions: ['tokens.create', 'tools.read'] };
    const made = await make(ann, { user_email: bob.email, scope }, `/tokens/teams/${team.id}`);
    await auth.call('POST', `/tokens/${made.body.token.id}/accept`, { token: bob.token });
    const child = await make({ token: made.body.access_token }, { team_id: team.id });
    const tokens = [made.body.access_token, child.body.access_token];
    expect(await Promise.all(tokens.map(me))).toEqual([200, 200]);
    const left = await auth.call('DELETE', `/teams/${team.id}/members/${bob.email}`, { token: bob.token });
    expect(left.status).toBeLessThan(300);
    await expect.poll(() => Promise.all(tokens.map(me))).toEqual([401, 401]);
    for (const token of tokens)
      await expect(Promise.resolve(auth.admission.admit(token))).rejects.toMatchObject({
        code: 'auth.credential_invalid',
      });
    await put(ann, team, bob);
    await expect.poll(() => Promise.all(tokens.map(me))).toEqual([200, 200]);
  });

  /** A user with a role of these permissions, and how it is changed. */
  const givenManager = async (permissions: readonly string[]) => {
    const manager = await given();
    const role = { name: randomBytes(4).toString('hex'), scope: 'global', permissions };
    const { id } = (await auth.call('POST', '/rbac/roles', { token: admin, body: role })).body;
    const assigned = { role_id: id, scope: 'global' };
    await auth.call('POST', `/rbac/users/${manager.email}/roles`, { token: admin, body: assigned });
    const permit = (next: readonly string[]) =>
      auth.call('PUT', `/rbac/roles/${id}`, { token: admin, body: { permissions: next } });
    return { ...manager, permit };
  };

  it.each<[string, (email: string) => Promise<() => Promise<unknown>>]>([
    [
      'administers',
      async (email) => {
        const set = (is_admin: boolean) =>
          auth.call('PATCH', `/auth/email/admin/users/${email}`, { token: admin, body: { is_admin } });
        await set(true);
        return () => set(false);
      },
    ],
    [
      'may do what its maker may not',
      async (email) => {
        const role = { name: randomBytes(4).toString('hex'), scope: 'global', permissions: ['gateways.delete'] };
        const { id } = (await auth.call('POST', '/rbac/roles', { token: admin, body: role })).body;
        const path = `/rbac/users/${email}/roles`;
        await auth.call('POST', path, { token: admin, body: { role_id: id, scope: 'global' } });
        return () => auth.call('DELETE', `${path}/${id}?scope=global`, { token: admin });
      },
    ],
  ])('a user manager’s token for somebody else is refused for as long as its user %s', async (_what, rise) => {
    const [manager, ann] = [await givenManager(['admin.user_management']), await given()];
    const made = await make(manager, { user_email: ann.email, scope: { permissions: ['tools.read'] } });
    const value = made.body.access_token;
    expect(await auth.admission.admit(value)).toMatchObject({ id: ann.email, permissions: ['tools.read'] });
    const fall = await rise(ann.email);
    await expect.poll(() => me(value)).toBe(401);
    await fall();
    await expect.poll(() => me(value)).toBe(200);
  });

  it('a team’s token for somebody else permits, with what it asked for, what its maker holds still, and is refused when that is nothing', async () => {
    const own = ['tools.update', 'tools.delete'];
    const [ann, bob] = [await givenManager(own), await givenManager(own)];
    const team = await givenTeam(ann);
    await put(ann, team, bob);
    const permissions = [...own, 'tokens.create'];
    const made = await make(ann, { user_email: bob.email, scope: { permissions } }, `/tokens/teams/${team.id}`);
    await auth.call('POST', `/tokens/${made.body.token.id}/accept`, { token: bob.token });
    const asked = (names: readonly string[]) =>
      make({ token: made.body.access_token }, { team_id: team.id, scope: { permissions: names } });
    const tokens = [made, await asked(own), await asked(['tools.delete'])].map(({ body }) => body.access_token);
    const heldBy = (token: string) =>
      Promise.resolve(auth.admission.admit(token)).then(
        (principal) => principal.permissions.toSorted(),
        () => null,
      );
    const held = () => Promise.all(tokens.map(heldBy));
    const whole = [permissions.toSorted(), own.toSorted(), ['tools.delete']];
    expect(await held()).toEqual(whole);
    await ann.permit(['tools.update']);
    await expect.poll(held).toEqual([['tokens.create', 'tools.update'], ['tools.update'], null]);
    await ann.permit(own);
    await expect.poll(held).toEqual(whole);
  });

  it('a token that nobody accepted is refused when who made it owns the team still and manages users no longer', async () => {
    const [boss, bob] = [await given(), await given()];
    const set = (is_admin: boolean) =>
      auth.call('PATCH', `/auth/email/admin/users/${boss.email}`, { token: admin, body: { is_admin } });
    await set(true);
    const team = await givenTeam(boss);
    await put(boss, team, bob);
    const made = await make(boss, { user_email: bob.email }, `/tokens/teams/${team.id}`);
    expect(await auth.admission.admit(made.body.access_token)).toMatchObject({ id: bob.email });
    await set(false);
    expect(await me(made.body.access_token)).toBe(401);
    expect((await auth.call('POST', `/tokens/${made.body.token.id}/accept`, { token: bob.token })).status).toBe(200);
    expect(await me(made.body.access_token)).toBe(200);
  });

  it('an offered token is accepted by nothing that is less than its user, or ends before it', async () => {
    const [ann, bob] = [await given(), await given()];
    const [team, other] = [await givenTeam(ann), await givenTeam(ann)];
    for (const one of [team, other]) await put(ann, one, bob);
    const offered = await make(ann, { user_email: bob.email, expires_in_days: 20 }, `/tokens/teams/${team.id}`);
    const accept = (token: string) => auth.call('POST', `/tokens/${offered.body.token.id}/accept`, { token });
    const permissions = ['tokens.create', ...offered.body.token.resource_scopes];
    for (const less of [
      { team_id: other.id },
      { team_id: team.id },
      { scope: { permissions } },
      { scope: { ip_restrictions: ['127.0.0.0/8'] } },
      { expires_in_days: 1 },
    ]) {
      const { body } = await make(bob, less);
      expect([less, await accept(body.access_token)]).toMatchObject([less, { status: 403 }]);
    }
    expect(await me(offered.body.access_token)).toBe(401);
    const whole = await make(bob, { expires_in_days: 25 });
    expect((await accept(whole.body.access_token)).status).toBe(200);
    expect(await me(offered.body.access_token)).toBe(200);
  });

  it('a token is good from its networks and at its times alone, and hands on no other', async () => {
    const ann = await given();
    const away = await restricted(ann, { ip_restrictions: ['10.0.0.0/8', '2001:db8::/32'] });
    expect(away.ip_restrictions).toEqual(['10.0.0.0/8', '2001:db8::/32']);
    const here = await restricted(ann, { ip_restrictions: ['127.0.0.0/8'] });
    const refused = await auth.call('GET', '/auth/email/me', { token: away.value });
    expect(refused).toMatchObject({ status: 403, body: { detail: 'The token is not good from this network address' } });
    expect(await me(here.value)).toBe(200);

    const today = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'][new Date().getUTCDay()];
    const others = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'].filter((day) => day !== today);
    const never = await restricted(ann, { time_restrictions: { days: others.slice(2, 5), timezone: 'UTC' } });
    expect(never.time_restrictions).toEqual({ days: others.slice(2, 5), timezone: 'UTC' });
    expect(await me(never.value)).toBe(403);

    const child = await restricted({ token: here.value }, {});
    expect(child.ip_restrictions).toEqual(['127.0.0.0/8']);
    expect(await auth.admission.admit(child.value)).toMatchObject({
      conditions: { networks: ['127.0.0.0/8'] },
      isNarrowed: true,
    });
    const wider = await make({ token: here.value }, { scope: { ip_restrictions: ['0.0.0.0/0'] } });
    expect(wider.body).toMatchObject({ code: 'auth.grant_missing' });
  });

  /** Runs `work` while what `statement` locks is held; `waiting`: until so many others wait in the database. */
  const whileHeld = async <T>(
    statement: string,
    values: readonly unknown[],
    work: (waiting: (count: number) => Promise<void>) => Promise<T>,
  ): Promise<T> => {
    const runner = auth.database.createQueryRunner();
    await runner.startTransaction();
    // What notes the use of a token waits beside, or does not.
    const waiters = `SELECT count(*)::int AS count FROM pg_stat_activity
      WHERE wait_event_type = 'Lock' AND query NOT LIKE '%SET last_used_at%'`;
    try {
      await runner.query(statement, [...values]);
      return await work((count) =>
        expect.poll(async () => (await auth.database.query(waiters))[0].count, { timeout: 60_000 }).toBe(count),
      );
    } finally {
      await runner.rollbackTransaction();
      await runner.release();
    }
  };

  const USERS = '/auth/email/admin/users';
  const BEFORE_REVOCATION = `INSERT INTO auth.revocations (token_id, revoked_by, expires_at) VALUES ($1, 'x', now())`;
  const BEFORE_THEIR_TOKENS = 'SELECT FROM auth.api_tokens WHERE user_email = $1 FOR UPDATE';

  const change = (email: string, body: object) => auth.call('PATCH', `${USERS}/${email}`, { token: admin, body });

  it.each<[string, string, (email: string, tokenId: string) => ReturnType<typeof auth.call>]>([
    ['is revoked', BEFORE_REVOCATION, (_email, jti) => auth.call('DELETE', `/tokens/admin/${jti}`, { token: admin })],
    ['is of a user who is disabled', BEFORE_THEIR_TOKENS, (email) => change(email, { is_active: false })],
    [
      'is of a user with a new password',
      BEFORE_THEIR_TOKENS,
      (email) => change(email, { password: 'A-new-one-of-17!' }),
    ],
    [
      'is of a user who is removed',
      BEFORE_THEIR_TOKENS,
      (email) => auth.call('DELETE', `${USERS}/${email}`, { token: admin }),
    ],
  ])('no token is made when the one that asks %s while it is made', async (_what, statement, end) => {
    const boss = await given();
    const onRecord = (await make(boss, {})).body.access_token;
    for (const asking of statement === BEFORE_REVOCATION ? [onRecord, boss.token] : [onRecord]) {
      const jti = decodeJwt(asking).jti ?? '';
      const held = statement === BEFORE_REVOCATION ? jti : boss.email;
      const [ending, making] = await whileHeld(statement, [held], async (waiting) => {
        const ends = end(boss.email, jti);
        await waiting(1);
        const makes = make({ token: asking }, {});
        await waiting(2);
        return [ends, makes] as const;
      });
      expect((await ending).status).toBeLessThan(300);
      expect(await making).toMatchObject({ status: 401, body: { code: 'auth.credential_invalid' } });
      const kept = 'SELECT FROM auth.api_tokens WHERE parent_token_id = $1 AND token_id <> $2';
      expect(await auth.database.query(kept, [jti, decodeJwt(onRecord).jti])).toEqual([]);
    }
  });

  it('no token is made, and no session renewed, when the session that asks is ended meanwhile', async () => {
    const { email } = await given();
    await change(email, { password: 'The-first-one-of-17!' });
    const token = await auth.login(email, 'The-first-one-of-17!');
    const caller = await auth.admission.admit(token);
    const sessions = auth.running.application.get(ConsoleSessionService, { strict: false });
    const [ending, making, renewing] = await whileHeld(
      BEFORE_REVOCATION,
      [decodeJwt(token).jti ?? ''],
      async (waiting) => {
        const ends = auth.call('DELETE', `${USERS}/${email}/sessions`, { token: admin });
        await waiting(1);
        const makes = make({ token }, {});
        const renews = sessions.renew(token, caller).catch((error: unknown) => error);
        await waiting(3);
        return [ends, makes, renews] as const;
      },
    );
    expect((await ending).status).toBeLessThan(300);
    expect(await making).toMatchObject({ status: 401, body: { code: 'auth.credential_invalid' } });
    expect(await renewing).toMatchObject({ code: 'auth.credential_invalid' });
  });

  it.each([
    ['asks for it', 1],
    ['asked for the one that asks', 0],
  ])('a token that is being made ends with it when the token that %s is revoked meanwhile', async (_what, which) => {
    const boss = await given();
    const parent = (await make(boss, {})).body.access_token;
    const asking = (await make({ token: parent }, {})).body.access_token;
    const jti = decodeJwt([parent, asking][which] ?? '').jti ?? '';
    const namesake = `INSERT INTO auth.api_tokens (id, token_id, token_hash, user_email, name, expires_at)
      VALUES (gen_random_uuid(), $1, '', $2, 'late', now())`;
    const [made, ending] = await whileHeld(namesake, [randomUUID(), boss.email], async (waiting) => {
      const makes = make({ token: asking }, { name: 'late' });
      await waiting(1);
      const ends = auth.call('DELETE', `/tokens/admin/${jti}`, { token: admin });
      await waiting(2);
      return [makes, ends] as const;
    });
    expect((await made).status).toBe(201);
    expect((await ending).status).toBeLessThan(300);
    expect(await me((await made).body.access_token)).toBe(401);
  });

  it('nobody is let in by a password that is changed while it is looked at', async () => {
    const { email } = await given();
    await change(email, { password: 'The-first-one-of-17!' });
    await auth.login(email, 'The-first-one-of-17!');
    const [changing, logging] = await whileHeld(BEFORE_THEIR_TOKENS, [email], async (waiting) => {
      const changes = change(email, { password: 'The-other-one-of-17!' });
      await waiting(1);
      const logsIn = auth.call('POST', '/auth/login', { body: { email, password: 'The-first-one-of-17!' } });
      await waiting(2);
      return [changes, logsIn] as const;
    });
    expect((await changing).status).toBe(200);
    expect(await logging).toMatchObject({ status: 401, body: { code: 'auth.credential_invalid' } });
  });

  it('a log-in holds no account when it waits for its attempts, for which those wait that hold them', async () => {
    const { email } = await given();
    await change(email, { password: 'The-first-one-of-17!' });
    await auth.login(email, 'The-first-one-of-17!');
    const attempts = auth.running.application.get(LoginAttemptRepository, { strict: false });
    const held = 'SELECT address FROM auth.login_attempts WHERE email = $1 FOR UPDATE';
    const [{ address }] = await auth.database.query(held, [email]);
    const settling = await whileHeld(held, [email], async (waiting) => {
      const settles = attempts.settle({ email, address });
      await waiting(1);
      const account = 'SELECT email FROM auth.users WHERE email = $1 FOR UPDATE NOWAIT';
      expect(await auth.database.query(account, [email])).toEqual([{ email }]);
      return [settles] as const;
    });
    await Promise.all(settling);
  });

  it('nothing is kept or shown of what a token is exchanged for when that token is revoked meanwhile', async () => {
    const { email } = await given();
    const [upstreamId, version, tokenId] = [randomUUID(), randomUUID(), randomUUID()];
    await auth.database.query(
      `INSERT INTO auth.upstream_credentials (upstream_id, key_id, sealed, version) VALUES ($1, 'k', '', $2)`,
      [upstreamId, version],
    );
    const tokens = auth.running.application.get(UpstreamTokenService, { strict: false });
    const present = (jti: string, revoke: () => Promise<unknown>) =>
      tokens.present({
        upstreamId,
        userEmail: email,
        subject: jti,
        credentialVersion: version,
        madeOf: { tokenId: jti, endsAtMs: Date.now() + 600_000 },
        obtain: async () => {
          await revoke();
          return { text: 'exchanged', lifeMs: null };
        },
        read: (value) => ({ value, isRenewable: true, isRenewed: false }),
      });
    const revoke = () => auth.call('DELETE', `/tokens/admin/${tokenId}`, { token: admin });
    await expect(present(tokenId, revoke)).rejects.toMatchObject({
      code: 'upstream.unauthorised',
      data: { state: 'needs_reauth' },
    });
    const kept = 'SELECT FROM auth.upstream_tokens WHERE upstream_id = $1 AND token_id IS NOT NULL';
    expect(await auth.database.query(kept, [upstreamId])).toEqual([]);
    expect(await present(randomUUID(), async () => {})).toMatchObject({ value: 'exchanged' });
    expect(await present(randomUUID(), () => tokens.forget(upstreamId))).toMatchObject({ value: 'exchanged' });
  });

  const take = async (code: string) => {
    const headers = { 'content-type': 'application/json', 'x-switchyard-ui': '1' };
    const answer = await fetch(`${auth.running.url}/tokens/take`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ code }),
    });
    return { status: answer.status, body: await answer.json() };
  };
  const offer = (
    by: Pick<Someone, 'token'>,
    { token, access_token }: { token: { id: string }; access_token: string },
  ) => auth.call('POST', `/tokens/${token.id}/hand-over`, { token: by.token, body: { token: access_token } });

  it('a link gives no token when the token has ended or its user is disabled', async () => {
    for (const body of [{ password: 'The-other-one-of-17!' }, { is_active: false }]) {
      const ann = await given();
      const { code } = (await offer(ann, (await make(ann, {})).body)).body;
      expect((await change(ann.email, body)).status).toBe(200);
      expect(await take(code)).toMatchObject({ status: 400, body: { code: 'auth.link_invalid' } });
    }
  });

  it('the audit trail says which token was handed over and from where it was taken when a link is used', async () => {
    const ann = await given();
    const made = (await make(ann, {})).body;
    const { code } = (await offer(ann, made)).body;
    expect(await take(code)).toMatchObject({ status: 200, body: { access_token: made.access_token } });
    expect((await take(code)).body).toMatchObject({ code: 'auth.link_invalid' });
    const noted = await auth.database.query(
      `SELECT action, actor->>'id' AS by, after->>'address' AS address FROM auth.audit_pending
       WHERE resource_id = $1 AND action IN ('token.handed_over', 'token.taken') ORDER BY ordinal`,
      [made.token.id],
    );
    expect(noted).toEqual([
      { action: 'token.handed_over', by: ann.email, address: null },
      { action: 'token.taken', by: null, address: '127.0.0.1' },
    ]);
  });

  it('no link is made when the value is another or the token is of a log-in or of somebody else', async () => {
    const ann = await given();
    const made = (await make(ann, {})).body;
    const wrong = await offer(ann, { ...made, access_token: ann.token });
    expect(wrong).toMatchObject({ status: 422, body: { errors: [{ field: 'token' }] } });
    expect((await offer({ token: admin }, made)).status).toBe(404);
    await change(ann.email, { password: 'The-first-one-of-17!' });
    const token = await auth.login(ann.email, 'The-first-one-of-17!');
    const [{ id }] = await auth.database.query('SELECT id FROM auth.api_tokens WHERE token_id = $1', [
      decodeJwt(token).jti,
    ]);
    expect((await offer({ token }, { token: { id }, access_token: token })).status).toBe(422);
  });

  it('nobody is let in by a session at an issuer that the issuer has ended', async () => {
    const ann = await given();
    const tokens = auth.running.application.get(TokenService, { strict: false });
    const user = await auth.running.application.get(UserService, { strict: false }).get(ann.email);
    const origin = (session: string) => ({ issuer: 'https://idp.example.org', subject: 'a1', session });
    await tokens.spend(sessionName('https://idp.example.org', 'one'), new Date(Date.now() + 60_000), 'test');
    await expect(tokens.issueForSession(user, 60_000, origin('one'))).rejects.toMatchObject({
      code: 'auth.credential_invalid',
    });
    expect(await me((await tokens.issueForSession(user, 60_000, origin('two'))).token)).toBe(200);
  });

  /** Who may make connectors, and does; `admitted`: whether one may join. */
  const givenConnectors = async () => {
    const boss = await given();
    const role = { name: randomBytes(4).toString('hex'), scope: 'global', permissions: ['admin.connectors'] };
    const { id } = (await auth.call('POST', '/rbac/roles', { token: admin, body: role })).body;
    await auth.call('POST', `/rbac/users/${boss.email}/roles`, {
      token: admin,
      body: { role_id: id, scope: 'global' },
    });
    const connector = (token: string, more: object = {}) =>
      auth.call('POST', '/connectors', { token, body: { name: 'office', upstreams: ['weather'], ...more } });
    const admitted = ({ body }: { body: { token: string } }) =>
      auth.running.bus.ask(AdmitConnector, { token: body.token }).then(
        () => true,
        () => false,
      );
    return { boss, connector, admitted };
  };

  it.each<[string, string, object | undefined]>([
    ['is disabled', 'PATCH', { is_active: false }],
    ['has a new password', 'PATCH', { password: 'Another-password-17!' }],
    ['is removed', 'DELETE', undefined],
  ])(
    'auth tells which connectors have ended when the user of the token that made them %s',
    async (_w, method, body) => {
      const { boss, connector, admitted } = await givenConnectors();
      const scope = { permissions: ['admin.connectors'] };
      const made = await connector((await make(boss, { scope })).body.access_token);
      const login = await connector(boss.token, { expires_in_days: 3 });
      const heard: string[] = [];
      const subscription = auth.running.bus.subscribe(
        ConnectorRevoked,
        ({ connectorId }) => void heard.push(connectorId),
      );
      const path = `/auth/email/admin/users/${boss.email}`;
      const changed = await auth.call(method, path, { token: admin, ...(body && { body }) });
      expect(changed.status).toBeLessThan(300);
      await expect.poll(() => heard).toEqual([made.body.connector.id]);
      expect(await Promise.all([made, login].map(admitted))).toEqual([false, true]);
      subscription.close();
    },
  );

  it.each<[string, string]>([
    [
      'is revoked',
      `INSERT INTO auth.revocations (token_id, revoked_by, expires_at) VALUES ($1, $2, now() + interval '1 day')`,
    ],
    ['ends on record', 'UPDATE auth.api_tokens SET revoked_at = now() WHERE token_id = $1 AND user_email = $2'],
    ['loses its user', 'UPDATE auth.users SET is_active = false WHERE email = $2 AND $1::text IS NOT NULL'],
  ])('no connector is made when the token that asks %s while it is made', async (_what, statement) => {
    const { boss, connector } = await givenConnectors();
    const asking = (await make(boss, { scope: { permissions: ['admin.connectors'] } })).body;
    const { jti } = decodeJwt(asking.access_token);
    const runner = auth.database.createQueryRunner();
    await runner.startTransaction();
    await runner.query('LOCK TABLE auth.connectors IN ACCESS EXCLUSIVE MODE');
    const making = connector(asking.access_token);
    const waiting = `SELECT FROM pg_locks WHERE relation = 'auth.connectors'::regclass AND NOT granted`;
    await expect.poll(async () => (await auth.database.query(waiting)).length).toBe(1);
    await auth.database.query(statement, [jti, boss.email]);
    await runner.commitTransaction();
    await runner.release();
    expect(await making).toMatchObject({ status: 401, body: { code: 'auth.credential_invalid' } });
    const kept = 'SELECT FROM auth.connectors WHERE parent_token_id = $1';
    expect(await auth.database.query(kept, [jti])).toEqual([]);
  });

  it('a token makes a connector that neither outlives it nor is good where it is not, and ends with it', async () => {
    const { boss, connector, admitted } = await givenConnectors();
    const scope = { permissions: ['admin.connectors', 'tokens.create'] };
    for (const restriction of [
      { ip_restrictions: ['127.0.0.0/8'] },
      { time_restrictions: { start_time: '00:00', end_time: '23:59', timezone: 'UTC' } },
      { server_id: randomUUID() },
    ]) {
      const narrow = (await make(boss, { scope: { ...scope, ...restriction } })).body.access_token;
      expect([restriction, (await connector(narrow)).status]).toEqual([restriction, 403]);
    }

    const short = await make(boss, { scope, expires_in_days: 2 });
    const value = short.body.access_token;
    expect((await connector(value, { expires_in_days: 3 })).body).toMatchObject({ code: 'http.invalid' });
    const [made, grand] = [
      await connector(value),
      await connector((await make({ token: value }, {})).body.access_token),
    ];
    const lives = [made, grand].map(({ body }) => Date.parse(body.connector.expires_at));
    for (const until of lives) expect(until).toBeLessThanOrEqual(Date.parse(short.body.token.expires_at) + 1_000);
    const login = await connector(boss.token, { expires_in_days: 3 });
    expect(await Promise.all([made, grand, login].map(admitted))).toEqual([true, true, true]);

    const revoked: string[] = [];
    const subscription = auth.running.bus.subscribe(
      ConnectorRevoked,
      ({ connectorId }) => void revoked.push(connectorId),
    );
    await auth.call('DELETE', `/tokens/${short.body.token.id}`, { token: boss.token });
    expect(await Promise.all([made, grand, login].map(admitted))).toEqual([false, false, true]);
    await expect.poll(() => revoked.toSorted()).toEqual([made, grand].map(({ body }) => body.connector.id).toSorted());
    subscription.close();

    const other = await connector((await make(boss, { scope })).body.access_token);
    await auth.call('PATCH', `/auth/email/admin/users/${boss.email}`, { token: admin, body: { is_active: false } });
    expect(await Promise.all([other, login].map(admitted))).toEqual([false, true]);
  });

  it('a token is renamed and found by tags, and what it permits stays', async () => {
    const [ann, bob] = [await given(), await given()];
    const first = (await make(ann, { name: 'first' })).body.token;
    const second = (await make(ann, { name: 'second', tags: ['old'] })).body.token;
    const change = (body: object, by: Pick<Someone, 'token'> = ann) =>
      auth.call('PUT', `/tokens/${second.id}`, { token: by.token, body });
    expect((await change({ name: 'third', tags: ['new'], description: 'Other' })).body).toEqual({
      ...second,
      name: 'third',
      tags: ['new'],
      description: 'Other',
      last_used: null,
    });
    expect((await change({ name: 'first' })).status).toBe(409);
    expect((await change({ scope: { permissions: ['*'] } })).status).toBe(422);
    expect((await change({ name: 'fourth' }, bob)).status).toBe(404);
    await auth.call('DELETE', `/tokens/${first.id}`, { token: ann.token });
    expect((await change({ name: 'first' })).status).toBe(200);
  });
});

it('users, administrators and tokens of before go on when teams come with an upgrade', async () => {
  const runner = auth.database.createQueryRunner();
  const migrations = [new Teams1763900000004(), new Roles1764000000005()];
  const before = await signed({ sub: 'early@example.org', teams: ['red'] });
  try {
    for (const migration of migrations.toReversed()) await migration.down(runner);
    await runner.query(`INSERT INTO auth.users (email) VALUES ('early@example.org'), ('gone@example.org')`);
    await runner.query(`UPDATE auth.users SET deleted_at = now() WHERE email = 'gone@example.org'`);
    for (const migration of migrations) await migration.up(runner);
    await auth.running.application.get(BuiltInRoles, { strict: false }).onModuleInit();
  } finally {
    await runner.release();
  }
  expect(await auth.admission.admit(before)).toMatchObject({ id: 'early@example.org', teams: ['red'] });
  expect(await teamsOf({ token: await signed({ sub: 'early@example.org', teams: null }) })).toHaveLength(1);
  expect(await auth.admission.admit(await auth.login(ADMIN, auth.adminPassword))).toMatchObject({ teams: null });
  expect((await auth.call('GET', '/teams', { token: admin })).body).toEqual({ teams: [], total: 0 });
});
