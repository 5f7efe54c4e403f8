import {
  Client,
  ClientCredentialsProvider,
  PrivateKeyJwtProvider,
  StreamableHTTPClientTransport,
} from '@modelcontextprotocol/client';
import { type JWK, decodeJwt, decodeProtectedHeader, exportJWK, generateKeyPair } from 'jose';
import * as openid from 'openid-client';
import { Client as Database } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFailed, vi } from 'vitest';
import { type Gateway, type McpDouble, freePort, startGateway, startMcpDouble } from '#libs/testing';
import { runCommandLine } from '../src/command-line.js';

const OWNER = 'owner@example.org';
const PASSWORD = 'correct horse battery staple 7';

interface Registered {
  readonly client: {
    readonly client_id: string;
    readonly is_active: boolean;
    readonly last_used: string | null;
    readonly expires_at: string;
  };
  readonly client_secret: string;
  readonly token_endpoint: string;
}

let upstream: McpDouble;
let gateway: Gateway;
let serverId: string;
let teamId: string;

beforeAll(async () => {
  upstream = await startMcpDouble({
    name: 'up',
    tools: [{ name: 'echo', description: 'says hello', inputSchema: { type: 'object' } }],
    call: () => '"content":[{"type":"text","text":"hello"}]',
  });
  const frontPort = await freePort();
  gateway = await startGateway({
    mode: 'distributed',
    replicas: 2,
    frontPort,
    // What has been verified counts for longer than anything is waited for: a revocation is heard of, or found out.
    env: { PUBLIC_URL: `http://127.0.0.1:${frontPort}`, LOG_LEVEL: 'debug', JWT_CACHE_TTL: '300' },
  });
  const registered = await gateway.admin.register({
    name: 'up',
    url: upstream.url,
    transport: 'STREAMABLEHTTP',
    visibility: 'public',
  });
  serverId = (await gateway.admin.createServer('all', [registered])).id;
  teamId = (await gateway.admin.call<{ id: string }>('POST', '/teams', { name: 'finance' })).id;
  await gateway.admin.call('POST', '/gateways', {
    name: 'ledger',
    url: upstream.url,
    transport: 'STREAMABLEHTTP',
    visibility: 'team',
    team_id: teamId,
  });
  await gateway.admin.call('POST', '/auth/email/admin/users', { email: OWNER, password: PASSWORD, is_admin: true });
});
afterAll(async () => {
  await gateway?.stop();
  await upstream?.stop();
});
beforeEach(() => onTestFailed(() => console.error(gateway.logs().slice(-4_000))));

const rest = async (method: string, path: string, body?: object, token = gateway.adminToken) => {
  const response = await fetch(`${gateway.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: (text === '' ? {} : JSON.parse(text)) as Record<string, unknown> };
};

const register = async (more: object = {}, token?: string): Promise<Registered> => {
  const name = `client ${crypto.randomUUID()}`;
  const { status, body } = await rest('POST', '/auth/clients', { name, scopes: ['mcp:tools'], ...more }, token);
  expect([status, body]).toEqual([201, expect.anything()]);
  return body as unknown as Registered;
};

/** A form at the token endpoint, with the client's secret behind its id where there is one. */
const post = async (form: Record<string, string>, { client, client_secret: secret }: Registered, more = '') => {
  const body = new URLSearchParams({ client_id: client.client_id, client_secret: secret, ...form });
  const response = await fetch(`${gateway.url}/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: `${body}${more}`,
  });
  const answer = (await response.json()) as Record<string, string>;
  return { status: response.status, answer, token: answer['access_token'] ?? '' };
};

const CLIENT_CREDENTIALS = { grant_type: 'client_credentials' };

const tokenOf = async (registered: Registered, form: Record<string, string> = {}): Promise<string> => {
  const { status, token } = await post({ ...CLIENT_CREDENTIALS, ...form }, registered);
  expect(status).toBe(200);
  return token;
};

const ask = async (token: string, method: string, params: object = {}, url = gateway.url, path = '/mcp') => {
  const response = await fetch(`${url}${path}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      authorization: `Bearer ${token}`,
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  });
  return { status: response.status, text: await response.text() };
};

const toolsOf = async (token: string): Promise<readonly string[]> =>
  [...(await ask(token, 'tools/list')).text.matchAll(/"name":"((?:up|ledger)-echo)"/g)].map(([, name = '']) => name);

const statusesAtReplicas = (token: string): Promise<readonly number[]> =>
  Promise.all(gateway.ingressUrls.map(async (url) => (await ask(token, 'tools/list', {}, url)).status));

describe('clients without a user at the own authorization server', () => {
  it('the metadata offers client credentials, and each grant that it lists is one that the token endpoint knows', async () => {
    const document = (await (await fetch(`${gateway.url}/.well-known/oauth-authorization-server`)).json()) as {
      grant_types_supported: string[];
      token_endpoint_auth_methods_supported: string[];
    };
    expect(document.grant_types_supported).toContain('client_credentials');
    expect(document.token_endpoint_auth_methods_supported.toSorted()).toEqual([
      'client_secret_basic',
      'client_secret_post',
      'none',
      'private_key_jwt',
    ]);
    const registered = await register();
    for (const grant of document.grant_types_supported) {
      const { answer } = await post({ grant_type: grant }, registered);
      expect([grant, answer['error']]).not.toEqual([grant, 'unsupported_grant_type']);
    }
    expect((await post({ grant_type: 'password' }, registered)).answer['error']).toBe('unsupported_grant_type');
  });

  it.each([
    ['client_secret_basic', openid.ClientSecretBasic],
    ['client_secret_post', openid.ClientSecretPost],
  ] as const)(
    'openid-client gets a token for one endpoint by %s, and calls with it there alone',
    async (_method, authenticates) => {
      const { client, client_secret: secret } = await register({ description: 'of a test' });
      const id = client.client_id;
      const found = await openid.discovery(new URL(gateway.url), id, undefined, authenticates(secret), {
        algorithm: 'oauth2',
        execute: [openid.allowInsecureRequests],
      });
      const resource = `${gateway.url}/servers/${serverId}/mcp`;
      const { access_token: token, scope } = await openid.clientCredentialsGrant(found, { resource });
      expect([scope, decodeProtectedHeader(token).typ]).toEqual(['mcp:tools', 'at+jwt']);
      expect(decodeJwt(token)).toMatchObject({ iss: gateway.url, sub: id, client_id: id, aud: resource, scope });
      const params = { name: 'up-echo', arguments: {} };
      expect((await ask(token, 'tools/call', params, gateway.url, `/servers/${serverId}/mcp`)).text).toContain('hello');
      expect((await ask(token, 'tools/call', params)).status).toBe(401);
    },
  );

  it('openid-client gets a token by a key of its own, and a registered key alone is taken', async () => {
    const [own, strange] = await Promise.all([
      generateKeyPair('ES256', { extractable: true }),
      generateKeyPair('ES256', { extractable: true }),
    ]);
    const jwks = { keys: [{ ...(await exportJWK(own.publicKey)), kid: 'k1', alg: 'ES256' }] };
    const registered = await register({ token_endpoint_auth_method: 'private_key_jwt', jwks });
    expect(registered.client_secret).toBe(null);
    const granted = async (key: openid.CryptoKey) => {
      const auth = openid.PrivateKeyJwt({ key, kid: 'k1' });
      const found = await openid.discovery(new URL(gateway.url), registered.client.client_id, undefined, auth, {
        algorithm: 'oauth2',
        execute: [openid.allowInsecureRequests],
      });
      return openid.clientCredentialsGrant(found);
    };
    const { access_token: token } = await granted(own.privateKey);
    expect(await toolsOf(token)).toEqual(['up-echo']);
    await expect(granted(strange.privateKey)).rejects.toMatchObject({ error: 'invalid_client' });
  });

  it('the client of the SDK calls by a secret, and by a key, when it knows nothing else but the URL', async () => {
    const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
    const jwks = { keys: [await exportJWK(publicKey)] };
    const [bySecret, byKey] = [
      await register(),
      await register({ token_endpoint_auth_method: 'private_key_jwt', jwks }),
    ];
    const expectedIssuer = gateway.url;
    for (const authProvider of [
      new ClientCredentialsProvider({
        clientId: bySecret.client.client_id,
        clientSecret: bySecret.client_secret,
        expectedIssuer,
      }),
      new PrivateKeyJwtProvider({
        clientId: byKey.client.client_id,
        privateKey: (await exportJWK(privateKey)) as JWK & Record<string, unknown>,
        algorithm: 'ES256',
        expectedIssuer,
      }),
    ]) {
      const client = new Client({ name: 'nightly', version: '1' });
      await client.connect(new StreamableHTTPClientTransport(new URL(`${gateway.url}/mcp`), { authProvider }));
      expect(await client.callTool({ name: 'up-echo', arguments: {} })).toMatchObject({ content: [{ text: 'hello' }] });
      await client.close();
    }
  });

  it('a client is recorded as the one who called, and when', async () => {
    const registered = await register({ name: 'Nightly Réport' });
    const id = registered.client.client_id;
    expect(id).toMatch(/^m2m-nightly-report-[0-9a-f]{8}$/);
    expect((await ask(await tokenOf(registered), 'tools/call', { name: 'up-echo' })).text).toContain('hello');
    const users = async () =>
      (await gateway.admin.call<{ calls: { user: string }[] }>('GET', '/calls?limit=50')).calls.map(({ user }) => user);
    await expect.poll(users).toContain(`client:${id}`);
    const { clients } = await gateway.admin.call<{ clients: Registered['client'][] }>('GET', '/auth/clients');
    expect(clients.find(({ client_id: each }) => each === id)).toMatchObject({
      is_active: true,
      last_used: expect.any(String),
    });
    expect(JSON.stringify(clients)).not.toContain(registered.client_secret);
  });

  it('a client sees what is public, and of teams its own alone, as long as who registered it is in that', async () => {
    const path = `/teams/${teamId}/members`;
    await gateway.admin.call('POST', path, { email: OWNER, role: 'member' });
    const owner = await gateway.tokenFor({ email: OWNER, isAdmin: true });
    const [plain, teams] = [await register({}, owner), await register({ team_id: teamId }, owner)];
    const token = await tokenOf(teams);
    expect(await toolsOf(await tokenOf(plain))).toEqual(['up-echo']);
    expect((await toolsOf(token)).toSorted()).toEqual(['ledger-echo', 'up-echo']);
    await gateway.admin.call('DELETE', `${path}/${OWNER}`);
    await expect.poll(() => toolsOf(token)).toEqual(['up-echo']);
  });

  it('a client has scopes of those that it is registered for, and administers nothing', async () => {
    const both = await register({ scopes: ['mcp:tools', 'mcp:prompts'] });
    const scopeOf = async (form: Record<string, string>) => decodeJwt(await tokenOf(both, form))['scope'];
    expect(await scopeOf({})).toBe('mcp:tools mcp:prompts');
    expect(await scopeOf({ scope: 'mcp:prompts mcp:resources strange' })).toBe('mcp:prompts');
    const tools = await tokenOf(both);
    expect((await ask(tools, 'resources/list')).status).toBe(403);
    for (const [method, path] of [
      ['GET', '/auth/clients'],
      ['POST', '/gateways'],
      ['GET', '/auth/email/admin/users'],
    ] as const)
      expect([401, 403]).toContain((await rest(method, path, method === 'POST' ? {} : undefined, tools)).status);
  });

  it('a client that is revoked is out at every replica within a second, and gets no other token', async () => {
    const registered = await register();
    const token = await tokenOf(registered);
    expect(await statusesAtReplicas(token)).toEqual([200, 200]);
    await gateway.admin.call('DELETE', `/auth/clients/${registered.client.client_id}`);
    await expect.poll(() => statusesAtReplicas(token), { interval: 20 }).toEqual([401, 401]);
    expect(await post(CLIENT_CREDENTIALS, registered)).toMatchObject({
      status: 401,
      answer: { error: 'invalid_client' },
    });
    expect((await rest('DELETE', '/auth/clients/m2m-nobody')).status).toBe(404);
  });

  it('clients are out at every replica, and stay out, when who registered them is disabled', async () => {
    const email = 'leaver@example.org';
    await gateway.admin.call('POST', '/auth/email/admin/users', { email, password: PASSWORD, is_admin: true });
    const registered = await register({}, await gateway.tokenFor({ email, isAdmin: true }));
    const token = await tokenOf(registered);
    expect(await statusesAtReplicas(token)).toEqual([200, 200]);
    await gateway.admin.call('PUT', `/auth/email/admin/users/${email}`, { is_active: false });
    await expect.poll(() => statusesAtReplicas(token), { interval: 20 }).toEqual([401, 401]);
    expect((await post(CLIENT_CREDENTIALS, registered)).answer['error']).toBe('invalid_client');
    const { clients } = await gateway.admin.call<{ clients: Registered['client'][] }>('GET', '/auth/clients');
    const id = registered.client.client_id;
    expect(clients.find(({ client_id: each }) => each === id)).toMatchObject({ is_active: false });
  });

  it('a client lasts no longer than the token that registers it, ends with it, and is registered by none with conditions', async () => {
    type Made = { token: { id: string; expires_at: string }; access_token: string };
    const make = (more: object) =>
      gateway.admin.call<Made>('POST', '/tokens', { name: `registers ${crypto.randomUUID()}`, ...more });
    const body = { name: 'confined', scopes: ['mcp:tools'] };
    for (const scope of [
      { ip_restrictions: ['127.0.0.0/8'] },
      { time_restrictions: { days: ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] } },
    ])
      expect(await rest('POST', '/auth/clients', body, (await make({ scope })).access_token)).toMatchObject({
        status: 403,
        body: { detail: expect.stringContaining('restricted by address or time') },
      });
    const { token: parent, access_token: ending } = await make({});
    expect(await rest('POST', '/auth/clients', { ...body, expires_in_days: 2 }, ending)).toMatchObject({ status: 422 });
    const registered = await register({}, ending);
    expect(Date.parse(registered.client.expires_at)).toBeLessThan(Date.parse(parent.expires_at) + 1_000);
    const token = await tokenOf(registered);
    await gateway.admin.call('DELETE', `/tokens/${parent.id}`);
    await expect.poll(() => statusesAtReplicas(token)).toEqual([401, 401]);
    expect((await post(CLIENT_CREDENTIALS, registered)).answer['error']).toBe('invalid_client');
  });

  it.each([
    ['another secret', { client_secret: 'wrong' }, '', 401, 'invalid_client'],
    ['the id of no client', { client_id: 'm2m-nobody-00000000' }, '', 401, 'invalid_client'],
    ['scopes that it is not registered for alone', { scope: 'mcp:resources' }, '', 400, 'invalid_scope'],
    ['scopes that nobody knows alone', { scope: 'mcp:tool openid' }, '', 400, 'invalid_scope'],
    ['a resource elsewhere', { resource: 'https://elsewhere.example/mcp' }, '', 400, 'invalid_target'],
    ['two resources', {}, '&resource=%URL%/mcp&resource=%URL%/servers/x/mcp', 400, 'invalid_target'],
    ['the grant of people', { grant_type: 'authorization_code', code: 'x' }, '', 400, 'invalid_request'],
    ['a refresh token', { grant_type: 'refresh_token', refresh_token: 'x' }, '', 400, 'invalid_request'],
  ])('no token is given when a client shows %s', async (_what, form, more, status, error) => {
    const registered = await register();
    const asked = await post({ ...CLIENT_CREDENTIALS, ...form }, registered, more.replaceAll('%URL%', gateway.url));
    expect([asked.status, asked.answer['error'], asked.token]).toEqual([status, error, '']);
  });

  it.each([
    ['a private key', { token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [{ kty: 'OKP', d: 'x' }] } }, 422],
    ['no key', { token_endpoint_auth_method: 'private_key_jwt' }, 422],
    ['a key that is none', { token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [{ kty: 'EC' }] } }, 422],
    ['keys beside a secret', { jwks: { keys: [] } }, 422],
    ['no scope', { scopes: [] }, 422],
    ['a scope that is none', { scopes: ['admin'] }, 422],
    ['a life that is too long', { expires_in_days: 3_000 }, 422],
    ['a team that is none', { team_id: 'nobodys' }, 404],
    ['what is not known', { redirect_uris: ['http://127.0.0.1/'] }, 422],
  ])('a client is not registered with %s', async (_what, more, status) => {
    expect((await rest('POST', '/auth/clients', { name: 'bad', scopes: ['mcp:tools'], ...more })).status).toBe(status);
  });

  it('nobody registers a client for more than they may do, and no program registers itself as one', async () => {
    const narrow = await gateway.admin.call<{ access_token: string }>('POST', '/tokens', {
      name: 'registers',
      scope: { permissions: ['admin.clients'] },
    });
    const body = { name: 'more', scopes: ['mcp:tools'] };
    expect(await rest('POST', '/auth/clients', body, narrow.access_token)).toMatchObject({
      status: 403,
      body: { detail: expect.stringMatching(/mcp:tools allows/) },
    });
    await gateway.admin.call('POST', '/auth/email/admin/users', { email: 'any@example.org', password: PASSWORD });
    const any = await gateway.tokenFor({ email: 'any@example.org' });
    expect((await rest('POST', '/auth/clients', body, any)).status).toBe(403);
    const described = { grant_types: ['client_credentials'], token_endpoint_auth_method: 'client_secret_basic' };
    const { body: client } = await rest('POST', '/register', { ...described, redirect_uris: ['http://127.0.0.1/'] });
    expect(client).toMatchObject({ token_endpoint_auth_method: 'none' });
    expect(client['grant_types']).not.toContain('client_credentials');
  });

  it('the command line registers, lists and revokes a client', async () => {
    const written: string[] = [];
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => written.push(String(text)) > 0);
    vi.stubEnv('SWITCHYARD_URL', gateway.url);
    vi.stubEnv('SWITCHYARD_TOKEN', gateway.adminToken);
    const run = async (...words: string[]): Promise<string> => {
      written.length = 0;
      expect(await runCommandLine(['machine', ...words])).toBe(0);
      return written.join('');
    };
    try {
      const [id = '', secret = ''] = (await run('create', 'by hand', '--scope', 'mcp:tools')).split('\n');
      expect([id, secret]).toEqual([expect.stringMatching(/^m2m-by-hand-/), expect.stringMatching(/^swm_/)]);
      const registered = { client: { client_id: id }, client_secret: secret } as Registered;
      const token = await tokenOf(registered);
      expect(await toolsOf(token)).toEqual(['up-echo']);
      expect(JSON.parse(await run('ls', '--json'))).toContainEqual(
        expect.objectContaining({ client_id: id, is_active: true }),
      );
      await run('revoke', id);
      await expect.poll(() => statusesAtReplicas(token)).toEqual([401, 401]);
      expect(JSON.parse(await run('ls', '--json'))).toContainEqual(
        expect.objectContaining({ client_id: id, is_active: false }),
      );
    } finally {
      vi.unstubAllEnvs();
      vi.restoreAllMocks();
    }
  });

  it('no secret of a client is kept or logged', async () => {
    const registered = await register();
    await tokenOf(registered);
    await post({ ...CLIENT_CREDENTIALS, scope: 'mcp:resources' }, registered);
    const location = gateway.postgres?.location as { socketDir: string };
    const database = new Database({ host: location.socketDir, user: 'postgres', database: 'postgres' });
    await database.connect();
    try {
      const tables = await database.query(
        `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname IN ('auth', 'metrics')`,
      );
      for (const { name } of tables.rows as { name: string }[]) {
        const kept = await database.query(`SELECT row_to_json(t)::text AS row FROM ${name} t`);
        expect(JSON.stringify(kept.rows).includes(registered.client_secret), name).toBe(false);
      }
      const { rows } = await database.query('SELECT secret_hash FROM auth.machine_clients WHERE client_id = $1', [
        registered.client.client_id,
      ]);
      expect(rows).toEqual([{ secret_hash: expect.stringMatching(/^[0-9a-f]{64}$/) }]);
    } finally {
      await database.end();
    }
    expect(gateway.logs()).not.toContain(registered.client_secret);
  });
});
