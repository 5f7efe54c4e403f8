import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { IdentityRepository } from '../src/sso/accounts/identity.repository.js';
import { ADMIN, type GivenAuth, givenAuth } from './given-auth.js';

const PATCH = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';
const PASSWORD = 'correct horse battery staple 7';
let auth: GivenAuth;
let admin: string;
let token: string;

beforeAll(async () => {
  auth = await givenAuth();
  admin = await auth.login(ADMIN, auth.adminPassword);
  const body = { name: 'directory', scope: { permissions: ['admin.scim'] } };
  token = (await auth.call('POST', '/tokens', { token: admin, body })).body.access_token;
});
afterAll(() => auth.close());

/** As Entra and Okta send it: in the media type of SCIM. */
const scim = async (method: string, path: string, body?: unknown, credential = token) => {
  const response = await fetch(`${auth.running.url}/scim/v2${path}`, {
    method,
    headers: {
      authorization: `Bearer ${credential}`,
      ...(body !== undefined && { 'content-type': 'application/scim+json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    body: text === '' ? null : JSON.parse(text),
  };
};

const makeUser = async (userName: string, more: object = {}) =>
  (await scim('POST', '/Users', { userName, ...more })).body;
const patch = (path: string, ...Operations: object[]) => scim('PATCH', path, { schemas: [PATCH], Operations });

describe('SCIM', () => {
  it('a directory finds what there is, by a token that may nothing else', async () => {
    const config = await scim('GET', '/ServiceProviderConfig');
    expect(config).toMatchObject({
      status: 200,
      type: 'application/scim+json; charset=utf-8',
      body: { patch: { supported: true } },
    });
    expect((await scim('GET', '/Schemas')).body.Resources).toHaveLength(2);
    expect((await scim('GET', '/ResourceTypes/User')).body).toMatchObject({ endpoint: '/Users' });
    expect((await auth.call('GET', '/auth/email/admin/users', { token })).status).toBe(403);
    const none = await scim('GET', '/Users', undefined, 'none');
    expect(none).toMatchObject({
      status: 401,
      body: { schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'], status: '401' },
    });
    const body = { name: 'narrow', scope: { permissions: ['tools.read'] } };
    const narrow = (await auth.call('POST', '/tokens', { token: admin, body })).body.access_token;
    expect(await scim('GET', '/Users', undefined, narrow)).toMatchObject({ status: 403, body: { status: '403' } });
  });

  it('a user is made, found, changed and removed as Entra and Okta do it', async () => {
    const made = await scim('POST', '/Users', {
      schemas: [
        'urn:ietf:params:scim:schemas:core:2.0:User',
        'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User',
      ],
      externalId: 'e-1',
      userName: 'Ann@Example.org',
      active: true,
      name: { givenName: 'Ann', familyName: 'Example' },
      emails: [{ primary: true, type: 'work', value: 'ann@example.org' }],
      'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User': { department: 'IT' },
    });
    expect(made).toMatchObject({
      status: 201,
      body: { userName: 'ann@example.org', externalId: 'e-1', displayName: 'Ann Example', active: true },
    });
    const { id } = made.body;
    for (const filter of [
      'userName eq "ANN@example.org"',
      'externalId eq "e-1" and active eq true',
      `emails[type eq "work"].value eq "ann@example.org"`,
    ])
      expect((await scim('GET', `/Users?filter=${encodeURIComponent(filter)}`)).body).toMatchObject({
        totalResults: 1,
        Resources: [{ id }],
      });
    expect((await scim('GET', '/Users?filter=userName%20eq%20%22nobody%40example.org%22')).body).toMatchObject({
      totalResults: 0,
      Resources: [],
    });
    expect((await patch(`/Users/${id}`, { op: 'Replace', path: 'displayName', value: 'Ann E.' })).body).toMatchObject({
      displayName: 'Ann E.',
    });
    const replaced = await scim('PUT', `/Users/${id}`, { userName: 'ann@example.org', displayName: 'A', active: true });
    expect(replaced.body).not.toHaveProperty('externalId');
    expect((await scim('GET', `/Users/${id}?attributes=userName`)).body).toEqual({
      schemas: expect.any(Array),
      id,
      userName: 'ann@example.org',
    });
    expect(await scim('POST', '/Users', { userName: 'ann@example.org' })).toMatchObject({
      status: 409,
      body: { scimType: 'uniqueness' },
    });
    expect((await scim('DELETE', `/Users/${id}`)).status).toBe(204);
    expect((await scim('GET', `/Users/${id}`)).status).toBe(404);
    const again = await makeUser('ann@example.org');
    expect(again.id).not.toBe(id);
  });

  it('every token of a user is ended, on every replica at once, when they are deactivated or deleted', async () => {
    const body = { email: 'bob@example.org', password: PASSWORD };
    await auth.call('POST', '/auth/email/admin/users', { token: admin, body });
    const found = await scim('GET', '/Users?filter=userName%20eq%20%22bob%40example.org%22');
    const [{ id }] = found.body.Resources;
    for (const end of [
      () => patch(`/Users/${id}`, { op: 'Replace', path: 'active', value: 'False' }),
      () => scim('DELETE', `/Users/${id}`),
    ]) {
      await patch(`/Users/${id}`, { op: 'replace', value: { active: true } });
      const session = await auth.login('bob@example.org', PASSWORD);
      const made = await auth.call('POST', '/tokens', { token: session, body: { name: `ci ${Math.random()}` } });
      const admitted = async (known: string) => auth.admission.admit(known);
      for (const known of [session, made.body.access_token]) await admitted(known);
      await end();
      for (const known of [session, made.body.access_token])
        await expect
          .poll(
            () =>
              admitted(known).then(
                () => 'in',
                () => 'out',
              ),
            { interval: 5 },
          )
          .toBe('out');
      expect(await auth.login('bob@example.org', PASSWORD)).toBeUndefined();
    }
  });

  it('groups are teams, and their members come and go', async () => {
    const [one, two] = [await makeUser('one@example.org'), await makeUser('two@example.org')];
    const made = await scim('POST', '/Groups', {
      displayName: 'Makers',
      externalId: 'g-1',
      members: [{ value: one.id }],
    });
    expect(made).toMatchObject({
      status: 201,
      body: { displayName: 'Makers', members: [{ value: one.id, display: 'one@example.org' }] },
    });
    const { id } = made.body;
    const members = async () =>
      (await scim('GET', `/Groups/${id}`)).body.members.map(({ value }: { value: string }) => value);
    await patch(`/Groups/${id}`, { op: 'Add', path: 'members', value: [{ value: two.id }, { value: one.id }] });
    expect(await members()).toEqual([one.id, two.id]);
    await patch(`/Groups/${id}`, { op: 'remove', path: `members[value eq "${one.id}"]` });
    expect(await members()).toEqual([two.id]);
    const shown = await auth.call('GET', `/teams/${id}/members`, { token: admin });
    expect(shown.body).toMatchObject([{ user_email: 'two@example.org' }]);
    const list = await scim(
      'GET',
      `/Groups?excludedAttributes=members&filter=${encodeURIComponent('displayName eq "makers"')}`,
    );
    expect(list.body).toMatchObject({ totalResults: 1, Resources: [{ id, displayName: 'Makers' }] });
    expect(list.body.Resources[0]).not.toHaveProperty('members');
    await scim('PUT', `/Groups/${id}`, { displayName: 'Tool makers', members: [] });
    expect((await scim('GET', `/Groups/${id}`)).body).toMatchObject({ displayName: 'Tool makers', members: [] });
    expect(await scim('POST', '/Groups', { displayName: 'Makers' })).toMatchObject({
      status: 409,
      body: { scimType: 'uniqueness' },
    });
    expect((await scim('DELETE', `/Groups/${id}`)).status).toBe(204);
    expect((await scim('GET', `/Groups/${id}`)).status).toBe(404);
  });

  it('a team that was made here keeps an owner, and is not deleted by the directory', async () => {
    const { body: team } = await auth.call('POST', '/teams', { token: admin, body: { name: 'Ours' } });
    expect(await patch(`/Groups/${team.id}`, { op: 'remove', path: 'members' })).toMatchObject({
      status: 400,
      body: { scimType: 'mutability' },
    });
    expect((await scim('DELETE', `/Groups/${team.id}`)).status).toBe(403);
    expect((await scim('GET', `/Groups/${team.id}`)).body.members).toHaveLength(1);
  });

  it('an administrator of the gateway itself is neither deactivated nor deleted', async () => {
    const found = await scim('GET', `/Users?filter=${encodeURIComponent(`userName eq "${ADMIN}"`)}`);
    const [{ id }] = found.body.Resources;
    expect((await patch(`/Users/${id}`, { op: 'replace', value: { active: false } })).status).toBe(403);
    expect((await scim('DELETE', `/Users/${id}`)).status).toBe(403);
    expect((await auth.call('GET', '/auth/email/me', { token: admin })).status).toBe(200);
  });

  it.each<[string, string, string, unknown, number, string | undefined]>([
    ['a filter that is not supported', 'GET', '/Users?filter=userName%20co%20%22a%22', undefined, 400, 'invalidFilter'],
    ['sorting', 'GET', '/Users?sortBy=userName', undefined, 400, 'invalidValue'],
    ['a count that is none', 'GET', '/Users?count=many', undefined, 400, 'invalidValue'],
    ['no userName', 'POST', '/Users', {}, 400, 'invalidValue'],
    ['a userName that is no address', 'POST', '/Users', { userName: 'ann' }, 400, 'invalidValue'],
    ['a list', 'POST', '/Users', [], 400, 'invalidSyntax'],
    [
      'members that are nobody',
      'POST',
      '/Groups',
      { displayName: 'x', members: [{ value: '00000000-0000-4000-8000-000000000000' }] },
      400,
      'invalidValue',
    ],
    ['an id that is none', 'GET', '/Users/none', undefined, 404, undefined],
    ['a resource that is none', 'GET', '/Schemas/none', undefined, 404, undefined],
  ])(
    'SCIM says in its own words what is wrong when a request has %s',
    async (_what, method, path, body, status, scimType) => {
      expect(await scim(method, path, body)).toMatchObject({
        status,
        type: 'application/scim+json; charset=utf-8',
        body: {
          schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
          status: String(status),
          ...(scimType && { scimType }),
        },
      });
    },
  );

  it('lists come in pages of 200 at most', async () => {
    const page = await scim('GET', '/Users?startIndex=2&count=1');
    expect(page.body).toMatchObject({ startIndex: 2, itemsPerPage: 1, Resources: [expect.anything()] });
    expect((await scim('GET', '/Users?count=0')).body).toMatchObject({ itemsPerPage: 0, Resources: [] });
  });
});

it('an account is of one subject of an issuer when several sign in with its address for the first time at once', async () => {
  const identities = new IdentityRepository(auth.database);
  const email = 'first@example.org';
  await auth.call('POST', '/auth/email/admin/users', { token: admin, body: { email, password: PASSWORD } });
  const subjects = ['1', '2', '3', '4'];
  const added = await Promise.all(subjects.map((subject) => identities.add('https://idp.example', subject, email)));
  expect(added.filter(Boolean)).toHaveLength(1);
  const first = subjects[added.indexOf(true)] as string;
  expect(await identities.add('https://idp.example', first, email)).toBe(true);
  expect(await identities.add('https://other.example', '1', email)).toBe(true);
});
