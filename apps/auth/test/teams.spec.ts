import { randomBytes, randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DescribeTeam } from '#libs/contracts';
import { Teams1763900000004 } from '../src/storage/migrations/0004-teams.migration.js';
import { ADMIN, type GivenAuth, givenAuth } from './given-auth.js';

const SIGNING = randomBytes(48).toString('base64url');

let auth: GivenAuth;
let admin: string;

interface Someone {
  readonly email: string;
  readonly token: string;
}

beforeAll(async () => {
  auth = await givenAuth({ JWT_SECRET_KEY: SIGNING, MAX_TEAMS_PER_USER: '3', MAX_MEMBERS_PER_TEAM: '4' });
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

it('users, administrators and tokens of before go on when teams come with an upgrade', async () => {
  const runner = auth.database.createQueryRunner();
  const migration = new Teams1763900000004();
  const before = await signed({ sub: 'early@example.org', teams: ['red'] });
  try {
    await migration.down(runner);
    await runner.query(`INSERT INTO auth.users (email) VALUES ('early@example.org'), ('gone@example.org')`);
    await runner.query(`UPDATE auth.users SET deleted_at = now() WHERE email = 'gone@example.org'`);
    await migration.up(runner);
  } finally {
    await runner.release();
  }
  expect(await auth.admission.admit(before)).toMatchObject({ id: 'early@example.org', teams: ['red'] });
  expect(await teamsOf({ token: await signed({ sub: 'early@example.org', teams: null }) })).toHaveLength(1);
  expect(await auth.admission.admit(await auth.login(ADMIN, auth.adminPassword))).toMatchObject({ teams: null });
  expect((await auth.call('GET', '/teams', { token: admin })).body).toEqual({ teams: [], total: 0 });
});
