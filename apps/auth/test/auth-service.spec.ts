import { randomBytes, randomUUID } from 'node:crypto';
import { SignJWT, decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  KeepUpstreamCredential,
  PresentUpstreamCredential,
  type RequestOf,
  SumTokenCalls,
  UpstreamCredentialChanged,
} from '#libs/contracts';
import { CallerAdmission } from '#libs/identity';
import { UpstreamClientRepository } from '../src/upstream-consent/clients/upstream-client.repository.js';
import { PlatformAdmin } from '../src/users/platform-admin.js';
import { authCommands, endToken, issueAdminToken, issueClientToken } from '../src/index.js';
import { ADMIN, type GivenAuth, givenAuth } from './given-auth.js';

let auth: GivenAuth;
let admin: string;
/** Everything that must not turn up in a log. */
const planted: string[] = [];

const PASSWORD = 'four little words more';
const SIGNING = randomBytes(48).toString('base64url');

/** A token as another program signs it with the same secret. */
const signed = (claims: { readonly [name: string]: unknown }, life = '1h'): Promise<string> =>
  new SignJWT({ jti: randomUUID(), ...claims })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setIssuer('mcpgateway')
    .setAudience('mcpgateway-api')
    .setIssuedAt()
    .setExpirationTime(life)
    .sign(new TextEncoder().encode(SIGNING));

const givenUser = async (facts: object = {}): Promise<{ email: string; token: string }> => {
  const email = `u${randomBytes(4).toString('hex')}@example.org`;
  const { status } = await auth.call('POST', '/auth/email/admin/users', {
    token: admin,
    body: { email, password: PASSWORD, full_name: 'Somebody', ...facts },
  });
  expect(status).toBe(201);
  const token = await auth.login(email, PASSWORD);
  planted.push(token);
  return { email, token };
};

const givenToken = async (by: string, facts: object = {}): Promise<{ id: string; value: string }> => {
  const { status, body } = await auth.call('POST', '/tokens', {
    token: by,
    body: { name: randomBytes(6).toString('hex'), ...facts },
  });
  expect(status).toBe(201);
  planted.push(body.access_token);
  return { id: body.token.id, value: body.access_token };
};

const admitted = async (credential: string, admission: CallerAdmission = auth.admission): Promise<string> => {
  try {
    return (await admission.admit(credential)).id;
  } catch (error) {
    return (error as { code: string }).code;
  }
};

beforeAll(async () => {
  // So that tests can come from several addresses.
  auth = await givenAuth({ TRUSTED_PROXIES: '127.0.0.1' });
  admin = await auth.login(ADMIN, auth.adminPassword);
  planted.push(admin, auth.adminPassword, PASSWORD);
});

afterAll(() => auth?.close());

describe('the administrator', () => {
  it('the platform administrator is there from the first start', async () => {
    expect(await auth.admission.admit(admin)).toMatchObject({
      id: ADMIN,
      isAdmin: true,
      teams: null,
      permissions: ['*'],
    });
    expect((await auth.call('GET', '/auth/email/me', { token: admin })).body).toMatchObject({
      email: ADMIN,
      is_admin: true,
    });
  });

  it('the platform administrator is made once, whatever number of replicas start', async () => {
    const bootstrap = auth.running.application.get(PlatformAdmin, { strict: false });

    await Promise.all(Array.from({ length: 5 }, () => bootstrap.onModuleInit()));

    expect(await auth.login(ADMIN, auth.adminPassword)).toEqual(expect.any(String));
    expect(
      (await auth.call('GET', '/v1/auth/email/admin/users?limit=500', { token: admin })).body.filter(
        (user: { email: string }) => user.email === ADMIN,
      ),
    ).toHaveLength(1);
  });

  it('the platform administrator can be given a token by the process itself', async () => {
    const { token } = await issueAdminToken(auth.running.application, 60_000);
    planted.push(token);

    expect(await auth.admission.admit(token)).toMatchObject({ id: ADMIN, isAdmin: true, teams: null });
  });
});

describe('logging in', () => {
  it('logging in answers as ContextForge does when the password is right', async () => {
    const { email } = await givenUser();
    const { status, body } = await auth.call('POST', '/auth/email/login', {
      body: { email: email.toUpperCase(), password: PASSWORD },
    });
    planted.push(body.access_token);

    expect(status).toBe(200);
    expect(body).toEqual({
      access_token: expect.stringMatching(/^eyJ/),
      token_type: 'bearer',
      expires_in: expect.any(Number),
      user: expect.objectContaining({ email, full_name: 'Somebody', is_admin: false, auth_provider: 'local' }),
    });
  });

  it('logging in fails alike for a wrong password, an unknown, a disabled and a locked user', async () => {
    const { email } = await givenUser();
    const disabled = await givenUser();
    await auth.call('PATCH', `/auth/email/admin/users/${disabled.email}`, { token: admin, body: { is_active: false } });
    const tryIt = async (name: string, password: string) => {
      const { status, body } = await auth.call('POST', '/auth/login', { body: { email: name, password } });
      return JSON.stringify({ status, body });
    };
    const wrong = await tryIt(email, 'wrong password one');

    expect(wrong).toBe(
      '{"status":401,"body":{"detail":"E-mail or password is wrong","code":"auth.credential_invalid"}}',
    );
    expect(await tryIt('nobody@example.org', PASSWORD)).toBe(wrong);
    expect(await tryIt(disabled.email, PASSWORD)).toBe(wrong);
    for (let n = 0; n < 4; n += 1) await tryIt(email, 'wrong password two');
    expect(await tryIt(email, PASSWORD)).toBe(wrong);
  });

  it('an account can log in again when the lock is over, and locks anew only after as many failures', async () => {
    const { email } = await givenUser();
    const tryIt = async (password: string) =>
      (await auth.call('POST', '/auth/login', { body: { email, password } })).status;
    for (let n = 0; n < 5; n += 1) await tryIt('wrong password');
    expect(await tryIt(PASSWORD)).toBe(401);

    await auth.database.query(
      "UPDATE auth.login_attempts SET counted_until = now() - interval '1 second' WHERE email = $1",
      [email],
    );

    expect(await tryIt('wrong password')).toBe(401);
    expect(await tryIt(PASSWORD)).toBe(200);
  });

  it('an account is locked as well when guesses come at the same time', async () => {
    const { email } = await givenUser();

    await Promise.all(
      Array.from({ length: 10 }, () =>
        auth.call('POST', '/auth/login', { body: { email, password: 'wrong password' } }),
      ),
    );

    expect((await auth.call('POST', '/auth/login', { body: { email, password: PASSWORD } })).status).toBe(401);
  });

  describe('from several addresses', () => {
    const from = async (address: string, email: string, password: string) => {
      const response = await fetch(`${auth.running.url}/auth/login`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-forwarded-for': address },
        body: JSON.stringify({ email, password }),
      });
      return { status: response.status, headers: response.headers, body: await response.json() };
    };

    it('a stranger who guesses locks out itself and the rest of its network, not an administrator', async () => {
      for (let n = 0; n < 5; n += 1) expect((await from('2001:db8::1', ADMIN, 'a guess')).status).toBe(401);
      expect((await from('2001:db8::2', ADMIN, auth.adminPassword)).status).toBe(401);
      expect((await from('203.0.113.2', ADMIN, auth.adminPassword)).status).toBe(200);
      expect((await from('2001:db8::1', ADMIN, auth.adminPassword)).status).toBe(401);
    });

    it('an address with too many failed log-ins is told when to come again, and others log in meanwhile', async () => {
      const { email } = await givenUser();
      await auth.database.query(
        "INSERT INTO auth.login_attempts VALUES ('', '203.0.113.3', 49, now() + interval '10 minutes')",
      );
      expect((await from('203.0.113.3', 'nobody@example.org', 'a guess')).status).toBe(401);
      for (const name of [email, 'nobody@example.org']) {
        const { status, headers, body } = await from('203.0.113.3', name, PASSWORD);
        expect([status, body]).toMatchObject([429, { code: 'http.rate_limited' }]);
        const seconds = Number(headers.get('retry-after'));
        expect(seconds).toBeGreaterThan(590);
        expect(headers.get('ratelimit')).toBe(`"log-ins";r=0;t=${seconds}`);
        expect(headers.get('ratelimit-policy')).toBe('"log-ins";q=50;w=900');
      }
      expect((await from('203.0.113.4', email, PASSWORD)).status).toBe(200);
    });

    it('an account that very many addresses guess at can be logged in to from where its user has been', async () => {
      const { email } = await givenUser();
      expect((await from('203.0.113.5', email, PASSWORD)).status).toBe(200);
      await auth.database.query(
        "UPDATE auth.users SET failed_login_count = 100, locked_until = now() + interval '10 minutes' WHERE email = $1",
        [email],
      );
      expect((await from('203.0.113.6', email, PASSWORD)).status).toBe(401);
      expect((await from('203.0.113.5', email, PASSWORD)).status).toBe(200);
      expect((await from('203.0.113.6', email, PASSWORD)).status).toBe(200);
    });

    it('an administrator lets in who is locked out by a new password, or by enabling the account', async () => {
      const { email } = await givenUser();
      for (const change of [{ is_active: true }, { password: 'some other words here' }]) {
        for (let n = 0; n < 5; n += 1) await from('203.0.113.7', email, 'a guess');
        const password = 'password' in change ? change.password : PASSWORD;
        expect((await from('203.0.113.7', email, password)).status).toBe(401);
        await auth.call('PATCH', `/auth/email/admin/users/${email}`, { token: admin, body: change });
        expect((await from('203.0.113.7', email, password)).status).toBe(200);
      }
    });
  });

  it('a token that logging in gave is refused when its user logged out', async () => {
    const { email, token } = await givenUser();
    expect(await admitted(token)).toBe(email);

    expect((await auth.call('POST', '/auth/logout', { token })).status).toBe(200);

    expect(await admitted(token)).toBe('auth.credential_invalid');
  });

  it('a token ends itself by logging out when it permits nothing else, or is tied to a virtual server', async () => {
    const { email, token } = await givenUser();
    for (const scope of [{ permissions: ['tools.read'] }, { server_id: 's1', permissions: ['servers.use'] }]) {
      const { value } = await givenToken(token, { scope });
      expect((await auth.call('POST', '/auth/logout', { token: value })).status).toBe(200);
      expect(await admitted(value)).toBe('auth.credential_invalid');
    }
    expect(await admitted(token)).toBe(email);
  });
});

describe('a token', () => {
  it('a token is shown once; only its fingerprint is kept', async () => {
    const { token } = await givenUser();
    const { id, value } = await givenToken(token, { name: 'ci', description: 'for the build', expires_in_days: 3 });

    const listed = await auth.call('GET', '/tokens', { token });
    expect(listed.body.tokens).toEqual([
      expect.objectContaining({ id, name: 'ci', description: 'for the build', is_active: true }),
      expect.objectContaining({ made_by: 'login' }),
    ]);
    expect(JSON.stringify(listed.body)).not.toContain(value);
    expect((await auth.call('GET', `/v1/tokens/${id}`, { token })).body).toMatchObject({ id, name: 'ci' });
    const rows = JSON.stringify(await auth.database.query('SELECT * FROM auth.api_tokens'));
    expect(rows).not.toContain(value);
    expect(rows).not.toContain(value.split('.')[2]);
  });

  it('a token is good at once, and not any more the moment it is revoked', async () => {
    const { email, token } = await givenUser();
    const { id, value } = await givenToken(token);
    const elsewhere = new CallerAdmission(auth.running.bus, {
      ttlMs: 3_600_000,
      staleMaxMs: 0,
      max: 10,
      authRequired: true,
    });
    expect(await admitted(value)).toBe(email);
    expect(await admitted(value, elsewhere)).toBe(email);

    expect((await auth.call('DELETE', `/tokens/${id}`, { token })).status).toBe(204);

    expect(await admitted(value)).toBe('auth.credential_invalid');
    expect(await admitted(value, elsewhere)).toBe('auth.credential_invalid');
    elsewhere.close();
    expect((await auth.call('GET', `/tokens/${id}`, { token })).body).toMatchObject({
      is_revoked: true,
      is_active: false,
    });
    expect(await admitted(token)).toBe(email);
  });

  it('a token carries its scope', async () => {
    const { token } = await givenUser();
    const scoped = await givenToken(token, { scope: { server_id: 's1', permissions: ['tools.read', 'servers.use'] } });
    const whole = await givenToken(admin);

    expect(await auth.admission.admit(scoped.value)).toMatchObject({
      serverId: 's1',
      permissions: ['tools.read', 'servers.use'],
      isAdmin: false,
    });
    expect((await auth.call('GET', '/tokens', { token: scoped.value })).status).toBe(403);
    expect(await auth.admission.admit(whole.value)).toMatchObject({
      serverId: null,
      permissions: ['*'],
      isAdmin: true,
      teams: null,
    });
  });

  it('a token gives away no more than the one it was asked for with', async () => {
    const { token } = await givenUser();
    const narrow = await givenToken(token, { scope: { permissions: ['tokens.create', 'tokens.read'] } });
    const wish = (by: string, permissions: string[]) =>
      auth.call('POST', '/tokens', {
        token: by,
        body: { name: randomBytes(4).toString('hex'), scope: { permissions } },
      });

    expect((await wish(narrow.value, ['tools.execute'])).status).toBe(403);
    expect((await wish(token, ['gateways.create'])).status).toBe(403);
    expect((await wish(token, ['*'])).status).toBe(403);
    const child = await givenToken(narrow.value);
    expect((await auth.admission.admit(child.value)).permissions).toEqual(['tokens.create', 'tokens.read']);
    expect((await auth.call('DELETE', `/tokens/${child.id}`, { token: narrow.value })).status).toBe(403);
  });

  it('a token of somebody else does not exist, save for administrators', async () => {
    const { token } = await givenUser();
    const stranger = await givenUser();
    const { id, value } = await givenToken(token);

    expect((await auth.call('GET', `/tokens/${id}`, { token: stranger.token })).status).toBe(404);
    expect((await auth.call('DELETE', `/tokens/${id}`, { token: stranger.token })).status).toBe(404);
    expect((await auth.call('GET', '/tokens/not-an-id', { token: stranger.token })).status).toBe(404);
    expect((await auth.call('GET', '/tokens/admin/all', { token: stranger.token })).status).toBe(403);
    expect(await admitted(value)).not.toBe('auth.credential_invalid');
    expect((await auth.call('DELETE', `/tokens/${id}`, { token: admin })).status).toBe(204);
    expect((await auth.call('GET', '/tokens/admin/all', { token: admin })).body.total).toBeGreaterThan(1);
  });

  it('a token is not made for what would not be enforced, nor twice by one name', async () => {
    const { token } = await givenUser();
    const wish = async (facts: object) =>
      (await auth.call('POST', '/tokens', { token, body: { name: 'x', ...facts } })).status;

    for (const scope of [
      { ip_restrictions: ['10.0.0.0/64'] },
      { ip_restrictions: [{}] },
      { time_restrictions: { start_time: '25:00' } },
      { time_restrictions: { until: 'noon' } },
      { usage_limits: { requests_per_day: 5 } },
    ])
      expect([scope, await wish({ scope })]).toEqual([scope, 422]);
    expect(await wish({ scope: { usage_limits: { requests_per_day: 1 } } })).toBe(422);
    expect(await wish({ scope: { permissions: ['tools read'] } })).toBe(422);
    expect(await wish({ expires_in_days: 0 })).toBe(422);
    expect(await wish({ scope: { ip_restrictions: [], time_restrictions: {}, usage_limits: null } })).toBe(201);
    expect(await wish({})).toBe(409);
  });

  it('a token is not made when a permission is misspelt: the answer names it', async () => {
    const { token } = await givenUser();

    const answer = await auth.call('POST', '/tokens', {
      token,
      body: { name: 'misspelt', scope: { permissions: ['tools.read', 'tools.raed'] } },
    });

    expect(answer.status).toBe(422);
    expect(answer.body.errors).toEqual([
      { field: 'scope.permissions', message: 'there is no permission "tools.raed"' },
    ]);
  });

  it('a token expires', async () => {
    const { token } = await issueAdminToken(auth.running.application, 4_000);
    planted.push(token);
    expect(await admitted(token)).toBe(ADMIN);

    await expect.poll(() => admitted(token)).toBe('auth.credential_invalid');
  });

  it('a token is noted as used', async () => {
    const { token } = await givenUser();
    const { id, value } = await givenToken(token);
    await admitted(value);

    await expect.poll(async () => (await auth.call('GET', `/tokens/${id}`, { token })).body.last_used).not.toBeNull();
  });
});

describe('every token', () => {
  const lines = async (token: string) =>
    (await auth.call('GET', '/tokens', { token })).body.tokens as { id: string; name: string; made_by: string }[];

  it('a token tells its user what it was used for, as metrics has it, and nobody else', async () => {
    const asked: RequestOf<typeof SumTokenCalls>[] = [];
    const names = [{ name: 'tools/call forecast', count: 3 }];
    auth.running.bus.answer(SumTokenCalls, async (request) => {
      const isFirst = asked.push(request) === 1;
      return isFirst
        ? { count: 4, ok: 3, refused: 1, avgMs: 12.5, names }
        : { count: 0, ok: 0, refused: 0, avgMs: null, names: [] };
    });
    const [ann, bob] = [await givenUser(), await givenUser()];
    const used = await givenToken(ann.token);
    const narrowed = await givenToken(ann.token, { scope: { permissions: ['tokens.read'] } });
    const usage = (token: string, query = '', id = used.id) =>
      auth.call('GET', `/tokens/${id}/usage${query}`, { token });
    expect(await usage(ann.token, '?days=2')).toMatchObject({
      status: 200,
      body: {
        period_days: 2,
        total_requests: 4,
        successful_requests: 3,
        blocked_requests: 1,
        success_rate: 0.75,
        average_response_time_ms: 12.5,
        top_endpoints: [['tools/call forecast', 3]],
      },
    });
    expect(asked).toEqual([
      { tokenId: decodeJwt(used.value).jti, principalId: ann.email, sinceMs: expect.any(Number) },
    ]);
    const none = {
      period_days: 30,
      total_requests: 0,
      success_rate: 0,
      average_response_time_ms: 0,
      top_endpoints: [],
    };
    expect((await usage(admin)).body).toMatchObject(none);
    expect((await usage(narrowed.value, '', narrowed.id)).body).toMatchObject(none);
    const refused = await Promise.all([
      ...['?days=0', '?days=366', '?days=x', '?days=1.5'].map((query) => usage(ann.token, query)),
      usage(ann.token, '', 'none'),
      usage(bob.token),
      usage(narrowed.value),
    ]);
    expect(refused.map(({ status }) => status)).toEqual([422, 422, 422, 422, 404, 404, 403]);
    expect(asked).toHaveLength(3);
  });

  it('every token is listed and can be revoked, whatever made it', async () => {
    const { email, token } = await givenUser();
    await givenToken(token, { name: 'asked for' });
    expect(await lines(token)).toMatchObject([
      { name: 'asked for', made_by: 'request' },
      { name: expect.stringMatching(/^login /), made_by: 'login' },
    ]);
    const login = (await lines(token))[1];
    expect((await auth.call('DELETE', `/tokens/${login?.id}`, { token: admin })).status).toBe(204);
    expect(await admitted(token)).toBe('auth.credential_invalid');

    const own = await issueAdminToken(auth.running.application, 60_000);
    const client = await issueClientToken(auth.running.application, 60_000);
    const started = (await lines(admin)).filter(({ made_by: maker }) => maker === 'start');
    expect(started.map(({ name }) => name)).toEqual(
      expect.arrayContaining([`start ${own.tokenId}`, `start ${client.tokenId}`]),
    );
    expect(await admitted(own.token)).toBe(ADMIN);
    await endToken(auth.running.application, own);
    expect(await admitted(own.token)).toBe('auth.credential_invalid');
    expect(email).not.toBe(ADMIN);
  });

  it('a token for a client uses tools and administers nothing, though its user is an administrator', async () => {
    const { token } = await issueClientToken(auth.running.application, 60_000);
    expect(await auth.admission.admit(token)).toMatchObject({
      isAdmin: false,
      teams: [],
      permissions: ['tools.read', 'tools.execute', 'resources.read', 'prompts.read', 'servers.use'],
    });
    for (const [method, path, body] of [
      ['GET', '/auth/email/admin/users'],
      ['GET', '/tokens'],
      ['POST', '/tokens', { name: 'more' }],
    ] as const)
      expect((await auth.call(method, path, { token, ...(body && { body }) })).status).toBe(403);
  });

  it('a token that was asked for by another ends with it when that is revoked, and so do those that it asked for', async () => {
    const { email, token } = await givenUser();
    const first = await givenToken(token, { expires_in_days: 3 });
    const second = await givenToken(first.value);
    const third = await givenToken(second.value);
    const beside = await givenToken(token);
    await auth.call('DELETE', `/tokens/${first.id}`, { token });
    for (const { value } of [first, second, third]) expect(await admitted(value)).toBe('auth.credential_invalid');
    expect(await admitted(beside.value)).toBe(email);
  });

  it('a token does not outlive the token that asked for it, unless that was a log-in', async () => {
    const { token } = await givenUser();
    const first = await givenToken(token, { expires_in_days: 3 });
    const ask = (expires_in_days?: number) =>
      auth.call('POST', '/tokens', {
        token: first.value,
        body: { name: randomBytes(6).toString('hex'), expires_in_days },
      });
    expect(await ask(4)).toMatchObject({ status: 422, body: { detail: expect.stringContaining('ends before') } });
    expect((await ask(2)).status).toBe(201);
    const { body } = await ask();
    const left = new Date(body.token.expires_at).getTime() - Date.now();
    expect(left).toBeGreaterThan(2.9 * 86_400_000);
    expect(left).toBeLessThan(3 * 86_400_000);
  });

  it('a token is refused when its user has MAX_TOKENS_PER_USER that are good', async () => {
    const strict = await givenAuth({ MAX_TOKENS_PER_USER: '2' });
    try {
      const token = await strict.login(ADMIN, strict.adminPassword);
      const ask = (name: string) => strict.call('POST', '/tokens', { token, body: { name } });
      const first = await ask('first');
      expect([first.status, (await ask('second')).status]).toEqual([201, 201]);
      expect(await ask('third')).toMatchObject({
        status: 409,
        body: { detail: expect.stringContaining('2 good tokens') },
      });
      expect((await strict.call('DELETE', `/tokens/${first.body.token.id}`, { token })).status).toBe(204);
      expect((await ask('third')).status).toBe(201);
    } finally {
      await strict.close();
    }
  });

  it('a token is neither made nor accepted when it lives longer than TOKEN_LIFETIME_MAX_DAYS', async () => {
    const strict = await givenAuth({ TOKEN_LIFETIME_MAX_DAYS: '2', JWT_SECRET_KEY: SIGNING, TOKEN_EXPIRY: '525600' });
    try {
      const { body } = await strict.call('POST', '/auth/login', {
        body: { email: ADMIN, password: strict.adminPassword },
      });
      expect(body.expires_in).toBeLessThanOrEqual(2 * 86_400);
      const ask = (expires_in_days?: number) =>
        strict.call('POST', '/tokens', {
          token: body.access_token,
          body: { name: `t${expires_in_days}`, expires_in_days },
        });
      expect(await ask(3)).toMatchObject({ status: 422, body: { detail: expect.stringContaining('2 days') } });
      expect([(await ask(2)).status, (await ask()).status]).toEqual([201, 201]);
      expect(await admitted(await signed({ sub: ADMIN }, '47h'), strict.admission)).toBe(ADMIN);
      expect(await admitted(await signed({ sub: ADMIN }, '50h'), strict.admission)).toBe('auth.credential_invalid');
      await expect(
        authCommands({ env: strict.env, logger: strict.logger }).createToken({ user: ADMIN, expires: '3d' }),
      ).rejects.toThrow('2 days');
    } finally {
      await strict.close();
    }
  });
});

describe('tokens that were made elsewhere', () => {
  let shared: GivenAuth;
  let session: string;
  beforeAll(async () => {
    shared = await givenAuth({ JWT_SECRET_KEY: SIGNING });
    session = await shared.login(ADMIN, shared.adminPassword);
    await shared.call('POST', '/auth/email/admin/users', { token: session, body: { email: 'ann@example.org' } });
  });
  afterAll(() => shared?.close());

  const USER_ID = '5f0c1a52-9d0e-4b6e-8a3f-0b6f4f6f2a11';
  const ann = { email: 'ann@example.org', full_name: 'Ann', is_admin: false, auth_provider: 'local' };

  it.each([
    ['log-in', { sub: USER_ID, token_use: 'session', user: ann }, { teams: [expect.any(String)] }],
    [
      'its API',
      {
        sub: USER_ID,
        token_use: 'api',
        user: ann,
        teams: ['red'],
        scopes: { server_id: null, permissions: ['tools.read'], ip_restrictions: [], time_restrictions: {} },
      },
      { teams: ['red'], permissions: ['tools.read'] },
    ],
    ['its command line', { sub: 'ann@example.org' }, { teams: [] }],
  ])("a token of ContextForge's %s is good for its user and can be revoked", async (_made, claims, principal) => {
    const jti = randomBytes(8).toString('hex');
    const token = await signed({ ...claims, jti });
    expect(await shared.admission.admit(token)).toMatchObject({ id: 'ann@example.org', isAdmin: false, ...principal });

    expect((await shared.call('DELETE', `/tokens/admin/${jti}`, { token: session })).status).toBe(204);
    expect(await admitted(token, shared.admission)).toBe('auth.credential_invalid');
  });

  it("an administrator's token of ContextForge's log-in is an administrator's", async () => {
    const user = { ...ann, email: ADMIN, is_admin: true };
    const token = await signed({ sub: USER_ID, token_use: 'session', user, is_admin: true, teams: null });
    expect(await shared.admission.admit(token)).toMatchObject({ id: ADMIN, isAdmin: true, teams: null });
  });

  it.each([
    ['has run out', { sub: USER_ID, user: ann }, '-2m'],
    ['names an unknown user', { sub: USER_ID, user: { ...ann, email: 'nobody@example.org' } }, '1h'],
    ['names two users', { sub: ADMIN, user: ann }, '1h'],
    ['names its user by an id alone', { sub: USER_ID }, '1h'],
    ['is for getting others', { sub: 'ann@example.org', token_use: 'refresh' }, '1h'],
    ['only says who somebody is', { sub: 'ann@example.org', token_use: 'id' }, '1h'],
    [
      'has restrictions that are not enforced',
      { sub: USER_ID, user: ann, scopes: { usage_limits: { requests_per_hour: 5 } } },
      '1h',
    ],
  ])('a token that was made elsewhere is refused when it %s', async (_why, claims, life) => {
    expect(await admitted(await signed(claims, life), shared.admission)).toBe('auth.credential_invalid');
  });

  it('a token that is not on record is ended by administrators alone', async () => {
    const token = await signed({ sub: 'ann@example.org' });
    expect((await shared.call('DELETE', '/tokens/admin/some-jti', { token })).status).toBe(403);
  });
});

describe('users', () => {
  it('users can be managed only when the caller is an administrator', async () => {
    const { token } = await givenUser();

    for (const [method, path] of [
      ['GET', '/auth/email/admin/users'],
      ['POST', '/auth/email/admin/users'],
      ['GET', `/auth/email/admin/users/${ADMIN}`],
      ['PATCH', `/auth/email/admin/users/${ADMIN}`],
      ['PUT', `/auth/email/admin/users/${ADMIN}`],
      ['DELETE', `/auth/email/admin/users/${ADMIN}`],
    ] as const) {
      expect((await auth.call(method, path, { token })).status).toBe(403);
      const nobody = await auth.call(method, path);
      expect(nobody.status).toBe(401);
      expect(nobody.headers.get('www-authenticate')).toMatch(/^Bearer scope=/);
    }
  });

  it('users who are disabled are out at once, and come back without the tokens that they had', async () => {
    const { email, token } = await givenUser();
    const { value } = await givenToken(token);
    expect([await admitted(token), await admitted(value)]).toEqual([email, email]);

    await auth.call('PATCH', `/auth/email/admin/users/${email}`, { token: admin, body: { isActive: false } });
    expect([await admitted(token), await admitted(value)]).toEqual([
      'auth.credential_invalid',
      'auth.credential_invalid',
    ]);

    await auth.call('PATCH', `/auth/email/admin/users/${email}`, { token: admin, body: { isActive: true } });
    expect([await admitted(token), await admitted(value)]).toEqual([
      'auth.credential_invalid',
      'auth.credential_invalid',
    ]);
    const anew = await auth.login(email, PASSWORD);
    expect(await admitted(anew)).toBe(email);
    const { tokens } = (await auth.call('GET', '/tokens', { token: anew })).body;
    expect(tokens.map((one: { is_revoked: boolean }) => one.is_revoked)).toEqual([false, true, true]);
  });

  it('users who are removed take their tokens with them for good', async () => {
    const { email, token } = await givenUser();
    const { value } = await givenToken(token);
    expect((await auth.call('DELETE', `/auth/email/admin/users/${email}`, { token: admin })).status).toBe(204);
    expect((await auth.call('GET', `/auth/email/admin/users/${email}`, { token: admin })).status).toBe(404);

    await auth.call('POST', '/auth/email/admin/users', { token: admin, body: { email, password: PASSWORD } });

    expect([await admitted(token), await admitted(value)]).toEqual([
      'auth.credential_invalid',
      'auth.credential_invalid',
    ]);
    expect(await admitted(await auth.login(email, PASSWORD))).toBe(email);
  });

  it('users whose password is changed are logged out everywhere', async () => {
    const { email, token } = await givenUser();
    expect(await admitted(token)).toBe(email);

    await auth.call('PATCH', `/auth/email/admin/users/${email}`, {
      token: admin,
      body: { password: 'four other words now' },
    });

    expect(await admitted(token)).toBe('auth.credential_invalid');
    expect(await admitted(await auth.login(email, 'four other words now'))).toBe(email);
  });

  it('users change their own password by the old one, and go on with a new log-in', async () => {
    const { email, token } = await givenUser();
    const { value } = await givenToken(token);
    const change = (old_password: string, new_password: string) =>
      auth.call('POST', '/auth/email/change-password', { token, body: { old_password, new_password } });

    expect((await change('not the old one', 'some other words here')).status).toBe(401);
    for (const weak of ['qwertyuiop12', PASSWORD]) expect((await change(PASSWORD, weak)).status).toBe(422);
    expect([await admitted(token), await admitted(value)]).toEqual([email, email]);

    expect(await change(PASSWORD, 'some other words here')).toMatchObject({ status: 200, body: { success: true } });
    expect([await admitted(token), await admitted(value)]).toEqual([
      'auth.credential_invalid',
      'auth.credential_invalid',
    ]);
    expect(await auth.login(email, PASSWORD)).toBeUndefined();
    expect(await admitted(await auth.login(email, 'some other words here'))).toBe(email);
  });

  it('users are locked out when somebody guesses their old password to change it', async () => {
    const { email, token } = await givenUser();
    const body = { old_password: 'a guess', new_password: 'some other words here' };
    for (let guess = 0; guess < 5; guess++) await auth.call('POST', '/auth/email/change-password', { token, body });
    expect(await auth.login(email, PASSWORD)).toBeUndefined();
  });

  it('users who are administrators no more are so at once', async () => {
    const { email, token } = await givenUser({ is_admin: true });
    expect(await auth.admission.admit(token)).toMatchObject({ isAdmin: true });

    await auth.call('PATCH', `/auth/email/admin/users/${email}`, { token: admin, body: { is_admin: false } });

    expect(await auth.admission.admit(token)).toMatchObject({ isAdmin: false, teams: [expect.any(String)] });
  });

  it('users cannot be given weak passwords, foreign fields or one e-mail twice', async () => {
    const { email } = await givenUser();
    const wish = async (body: object) =>
      (await auth.call('POST', '/auth/email/admin/users', { token: admin, body })).status;

    expect(await wish({ email: 'x@example.org', password: 'changeme1234' })).toBe(422);
    expect(await wish({ email: 'not an e-mail' })).toBe(422);
    expect(await wish({ email: email.toUpperCase() })).toBe(409);
    const { status, body } = await auth.call('POST', '/auth/email/admin/users', {
      token: admin,
      body: { email: 'y@example.org', auth_provider: 'sso', password_hash: 'x' },
    });
    expect(status).toBe(422);
    expect(body.errors.map(({ field }: { field: string }) => field)).toEqual(['authProvider', 'passwordHash']);
    expect((await auth.call('GET', '/auth/email/admin/users/y@example.org', { token: admin })).status).toBe(404);
    const made = await auth.call('POST', '/auth/email/admin/users', { token: admin, body: { email: 'y@example.org' } });
    expect(made.body).toMatchObject({ auth_provider: 'local' });
    expect(made.body).not.toHaveProperty('password_hash');
  });

  it('users do not lock themselves out', async () => {
    expect((await auth.call('DELETE', `/auth/email/admin/users/${ADMIN}`, { token: admin })).status).toBe(409);
    expect(
      (await auth.call('PATCH', `/auth/email/admin/users/${ADMIN}`, { token: admin, body: { is_admin: false } }))
        .status,
    ).toBe(409);
  });
});

describe('what is presented to upstreams', () => {
  const keep = async (upstreamId: string, credential: object | null) =>
    (await auth.running.bus.ask(KeepUpstreamCredential, { upstreamId, credential })).head.version;
  const present = async (upstreamId: string) =>
    (await auth.running.bus.ask(PresentUpstreamCredential, { upstreamId, principalId: ADMIN })).head;

  it('an upstream credential comes back as it was kept, with a version of its own, and is told of', async () => {
    const told: string[] = [];
    const subscription = auth.running.bus.subscribe(
      UpstreamCredentialChanged,
      ({ upstreamId }) => void told.push(upstreamId),
    );
    const credential = { headers: { Authorization: 'Bearer planted-upstream-secret' } };
    planted.push('planted-upstream-secret');

    const first = await keep('u1', credential);
    const { idKeys, ...shown } = await present('u1');
    expect(shown).toEqual({ credential, version: first });
    expect(idKeys).toEqual([expect.stringMatching(/^[\w-]{43}$/)]);
    planted.push(...(idKeys ?? []));
    const second = await keep('u1', { env: { KEY: 'planted-upstream-secret' } });
    expect(second).not.toBe(first);
    expect((await present('u1')).credential).toEqual({ env: { KEY: 'planted-upstream-secret' } });

    await keep('u1', null);
    expect(await present('u1')).toEqual({ credential: null, version: 'none', idKeys });
    await expect.poll(() => told).toEqual(['u1', 'u1', 'u1']);
    subscription.close();
  });

  it('clients that were registered for an upstream are forgotten, the oldest first, when there are more than four', async () => {
    const clients = new UpstreamClientRepository(auth.database);
    const keep = (upstreamId: string, issuer: string) =>
      clients.keep({ upstreamId, issuer, clientId: 'c' }, { keyId: 'k', bytes: Buffer.from('sealed') });
    await keep('u5', 'https://0.example');
    for (const each of [1, 2, 3, 4, 5, 6]) await keep('u4', `https://${each}.example`);
    const kept = await clients.list();
    expect(kept.map(({ issuer }) => issuer)).toEqual([0, 3, 4, 5, 6].map((each) => `https://${each}.example`));
    for (const { id } of kept) await clients.forget(id);
  });

  it('an upstream credential lies in the database encrypted, and only opens for its own upstream', async () => {
    await keep('u2', { headers: { 'X-Key': 'planted-upstream-secret' } });
    const [row] = await auth.database.query("SELECT * FROM auth.upstream_credentials WHERE upstream_id = 'u2'");
    expect(row.sealed.toString('latin1')).not.toContain('planted');

    await auth.database.query(`INSERT INTO auth.upstream_credentials (upstream_id, key_id, sealed, version)
      SELECT 'u3', key_id, sealed, version FROM auth.upstream_credentials WHERE upstream_id = 'u2'`);

    await expect(present('u3')).rejects.toMatchObject({ code: 'platform.internal' });
    await auth.database.query("DELETE FROM auth.upstream_credentials WHERE upstream_id = 'u3'");
  });

  it('an upstream credential is refused when it could not be sent', async () => {
    await expect(keep('u4', { headers: { 'X-Key': 'planted-upstream-secret\r\nX: y' } })).rejects.toMatchObject({
      code: 'http.invalid',
    });
  });
});

it('no secret has reached a log line', () => {
  const log = auth.logLines.join('\n');
  const signatures = planted.flatMap((secret) => secret.split('.').slice(2));

  expect(log.length).toBeGreaterThan(1_000);
  expect(planted.length).toBeGreaterThan(20);
  expect([...planted, ...signatures].filter((secret) => log.includes(secret))).toEqual([]);
});
