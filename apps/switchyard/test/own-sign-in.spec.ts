import { rmSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFailed } from 'vitest';
import {
  type Gateway,
  type McpDouble,
  freePort,
  runConformanceAuthorization,
  startGateway,
  startMcpDouble,
  temporaryFolder,
} from '#libs/testing';
import { BrowserPerson } from './sign-in/browser-person.js';
import { OAuthClient } from './sign-in/oauth-client.js';
import { Person } from './sign-in/person.js';
import { inspectorCall, mcpRemoteSigningIn, type Stranger } from './sign-in/programs.js';
import { sdkV1SigningIn } from './sign-in/sdk-v1.js';
import { signIn } from './sign-in/sign-in.js';

const ADMIN = 'admin@example.com';
const PASSWORD = 'correct horse battery staple 7';
const SCOPE = 'mcp:tools mcp:resources mcp:prompts';

let upstream: McpDouble;
let gateway: Gateway;
let serverId: string;

beforeAll(async () => {
  upstream = await startMcpDouble({
    name: 'up',
    tools: [{ name: 'echo', description: 'says hello', inputSchema: { type: 'object' } }],
    call: () => '"content":[{"type":"text","text":"hello"}]',
  });
  gateway = await startGateway({
    mode: 'embedded',
    env: { PORT: String(await freePort()), PLATFORM_ADMIN_FIRST_PASSWORD: PASSWORD },
  });
  const registration = { name: 'up', url: upstream.url, transport: 'STREAMABLEHTTP', visibility: 'public' } as const;
  const registered = await gateway.admin.register(registration);
  serverId = (await gateway.admin.createServer('all', [registered])).id;
});
afterAll(async () => {
  await gateway?.stop();
  await upstream?.stop();
});
beforeEach(() => onTestFailed(() => console.error(gateway.logs().slice(-4_000))));

const ann = (answer: ConstructorParameters<typeof Person>[2] = {}) => new Person(ADMIN, PASSWORD, answer);

const call = async (token: unknown, path = '/mcp', method = 'tools/list'): Promise<Response> =>
  fetch(`${gateway.url}${path}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      authorization: `Bearer ${String(token)}`,
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: {} }),
  });

const consents = async (): Promise<readonly { id: string; name: string; made_by: string }[]> => {
  const { tokens } = (await gateway.admin.call('GET', '/tokens?limit=100')) as {
    tokens: { id: string; name: string; made_by: string }[];
  };
  return tokens.filter(({ made_by }) => made_by === 'consent');
};

describe('a gateway that is its own authorization server', () => {
  it.each(['127.0.0.1', 'localhost'])(
    'a client signs in and calls when it knows nothing but the URL, at %s',
    async (host) => {
      const person = ann();
      const url = `${gateway.url.replace('127.0.0.1', host)}/mcp`;
      const { client } = await signIn(url, (from, until) => person.browse(from, until));

      expect(await client.callTool({ name: 'up-echo', arguments: {} })).toMatchObject({ content: [{ text: 'hello' }] });
      await client.close();
    },
  );

  it('a client of the first SDK signs in and calls when it knows nothing but the URL', async () => {
    const person = ann();
    const client = await sdkV1SigningIn(`${gateway.url}/mcp`, (from, until) => person.browse(from, until));
    expect(await client.callTool({ name: 'up-echo' })).toMatchObject({ content: [{ text: 'hello' }] });
    await client.close();
  });

  it('a client finds the same metadata wherever it looks', async () => {
    const paths = [
      '/.well-known/oauth-authorization-server',
      '/.well-known/openid-configuration',
      '/.well-known/oauth-authorization-server/mcp',
      '/.well-known/openid-configuration/mcp',
      '/mcp/.well-known/openid-configuration',
      `/servers/${serverId}/mcp/.well-known/openid-configuration`,
    ];
    const documents = await Promise.all(paths.map(async (path) => (await fetch(`${gateway.url}${path}`)).json()));
    expect(new Set(documents.map((document) => JSON.stringify(document))).size).toBe(1);
    expect(documents[0]).toMatchObject({
      issuer: gateway.url,
      code_challenge_methods_supported: ['S256'],
      scopes_supported: SCOPE.split(' '),
      authorization_response_iss_parameter_supported: true,
      client_id_metadata_document_supported: true,
    });
  });

  it('the conformance suite of authorization servers passes', { timeout: 480_000 }, async ({ signal }) => {
    const port = await freePort();
    const client = await OAuthClient.register(gateway.url, { redirect_uris: [`http://127.0.0.1:${port}/callback`] });
    const report = await runConformanceAuthorization(
      { url: gateway.url, clientId: client.id, port, resource: `${gateway.url}/mcp` },
      async (url) => {
        await fetch(await ann().browse(url, `http://127.0.0.1:${port}/callback`));
      },
      signal,
    );
    expect([report.failures, report.passed], report.output).toEqual([[], 3]);
  });

  it('a client gets what its user allows on a page that says who asks, where the answer goes and for what', async () => {
    const client = await OAuthClient.register(gateway.url, { client_name: '<b>Claude</b>' });
    const person = ann({ scopes: ['mcp:resources'] });
    const answered = await client.authorize(person);

    const [page] = person.pages;
    expect(page?.html).toContain('&#60;b&#62;Claude&#60;/b&#62;');
    for (const text of ['127.0.0.1:43123', `${gateway.url}/mcp`, 'call them for you', 'read your resources'])
      expect(page?.html).toContain(text);
    expect(page?.html).not.toMatch(/<script|style=| on\w+=/);
    expect(page?.headers.get('content-security-policy')).toMatch(
      /^default-src 'none'; style-src 'sha256-\S+'; form-action 'self' http:\/\/127\.0\.0\.1:43123; base-uri 'none'; frame-ancestors 'none'$/,
    );
    expect(Object.fromEntries(answered)).toEqual({ code: expect.any(String), state: 'a state', iss: gateway.url });

    const { body: tokens } = await client.redeem(String(answered.get('code')));
    expect(tokens['scope']).toBe('mcp:resources');
    expect((await call(tokens['access_token'], '/mcp', 'resources/list')).status).toBe(200);
    const refused = await call(tokens['access_token']);
    expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([
      403,
      `Bearer error="insufficient_scope", scope="${SCOPE}", resource_metadata="${gateway.url}/.well-known/oauth-protected-resource/mcp"`,
    ]);
  });

  it('a client hears with the issuer that its user said no', async () => {
    const client = await OAuthClient.register(gateway.url);
    const answered = await client.authorize(ann({ says: 'deny' }));
    expect(Object.fromEntries(answered)).toMatchObject({ error: 'access_denied', iss: gateway.url, state: 'a state' });
  });

  it('a token opens its endpoint alone, and three calls may renew it at once', async () => {
    const client = await OAuthClient.register(gateway.url);
    const path = `/servers/${serverId}/mcp`;
    const { access_token: token, refresh_token: first } = await client.signIn(ann(), {
      resource: `${gateway.url}${path}/`,
    });
    expect((await call(token, path)).status).toBe(200);
    expect((await call(token)).status).toBe(401);
    const rest = await fetch(`${gateway.url}/tools`, { headers: { authorization: `Bearer ${String(token)}` } });
    expect(rest.status).toBe(401);

    const renewed = await Promise.all([1, 2, 3].map(() => client.refresh(first)));
    expect(renewed.map(({ status }) => status)).toEqual([200, 200, 200]);
    for (const { body } of renewed) expect((await call(body['access_token'], path)).status).toBe(200);
    for (const { body } of renewed) expect((await client.refresh(body['refresh_token'])).status).toBe(200);
  });

  it('a client is out at once when its consent is ended among the tokens of its user', async () => {
    const before = await consents();
    const client = await OAuthClient.register(gateway.url, { client_name: 'Ends' });
    const tokens = await client.signIn(ann());
    expect((await call(tokens['access_token'])).status).toBe(200);
    const [consent] = (await consents()).filter(({ id }) => !before.some((known) => known.id === id));
    expect(consent?.name).toMatch(/^Ends \(/);

    await gateway.admin.call('DELETE', `/tokens/${consent?.id}`);
    expect((await call(tokens['access_token'])).status).toBe(401);
    expect(await client.refresh(tokens['refresh_token'])).toMatchObject({
      status: 400,
      body: { error: 'invalid_grant' },
    });
  });

  it('a client is still signed in when the gateway has been restarted', async () => {
    const client = await OAuthClient.register(gateway.url);
    const tokens = await client.signIn(ann());
    await gateway.restart('switchyard');

    expect((await call(tokens['access_token'])).status).toBe(200);
    const { status, body } = await client.refresh(tokens['refresh_token']);
    expect([status, (await call(body['access_token'])).status]).toEqual([200, 200]);
  });

  it('a client signs itself out by revoking its refresh token', async () => {
    const client = await OAuthClient.register(gateway.url);
    const tokens = await client.signIn(ann());
    expect((await call(tokens['access_token'])).status).toBe(200);

    expect((await client.post('/revoke', { token: String(tokens['refresh_token']) })).status).toBe(200);
    expect((await call(tokens['access_token'])).status).toBe(401);
  });

  it('a terminal is signed in by a code that its user enters in a browser', async () => {
    const description = { redirect_uris: [], grant_types: ['urn:ietf:params:oauth:grant-type:device_code'] };
    const client = await OAuthClient.register(gateway.url, description);
    const { body: asked } = await client.post('/device_authorization', {});
    const poll = () =>
      client.post('/token', {
        grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
        device_code: String(asked['device_code']),
      });
    expect((await poll()).body).toMatchObject({ error: 'authorization_pending' });
    const link = await ann().fetch(new URL(String(asked['verification_uri_complete'])));
    expect(link.headers.get('referrer-policy')).toBe('same-origin');

    const shown = await ann().enter(new URL(String(asked['verification_uri'])), String(asked['user_code']));
    expect(shown).toContain('You are signed in');
    const { status, body } = await poll();
    expect(status).toBe(200);
    expect((await call(body['access_token'])).status).toBe(200);
    expect((await poll()).body).toMatchObject({ error: 'invalid_grant' });
  });
});

describe('programs of others, and a real browser', () => {
  let browser: BrowserPerson;
  const homes: string[] = [];
  beforeAll(async () => {
    browser = await BrowserPerson.arrive(ADMIN, PASSWORD);
  });
  afterAll(async () => {
    await browser?.leave();
    for (const home of homes) rmSync(home, { recursive: true, force: true });
  });
  const stranger = (): Stranger => {
    const home = temporaryFolder('stranger');
    homes.push(home);
    const open = (address: string) => browser.allow(address, new URL(address).searchParams.get('redirect_uri') ?? '');
    return { url: `${gateway.url}/mcp`, home, open };
  };

  it('mcp-remote signs in and calls when it is given the URL alone', async () => {
    const party = await mcpRemoteSigningIn(stranger());
    expect(await party.listTools()).toContain('up-echo');
    expect(await party.callTool('up-echo', {})).toBe('hello');
    await party.close();
  });

  it('the Inspector signs in and calls when it is given the URL alone, and is not asked again', async () => {
    const inspector = stranger();
    expect(await inspectorCall(inspector, 'up-echo')).toBe('hello');
    expect(await inspectorCall(inspector, 'up-echo', true)).toBe('hello');
  });
});

describe('a gateway that is its own authorization server refuses', () => {
  it.each([
    ['another redirect address', { redirect_uri: 'https://evil.example/callback' }, 'redirect_uri'],
    ['another path of it', { redirect_uri: 'http://127.0.0.1:43123/other' }, 'redirect_uri'],
    ['a client that is not here', { client_id: 'nobody' }, 'client'],
  ])('a gateway sends no browser on when a request has %s', async (_what, changes, why) => {
    const client = await OAuthClient.register(gateway.url);
    const response = await ann().fetch(client.authorizationUrl(changes));
    expect([response.status, response.headers.get('location')]).toEqual([400, null]);
    expect(await response.text()).toContain(why);
  });

  it.each([
    ['no proof key', { code_challenge: null, code_challenge_method: null }, 'invalid_request'],
    ['a plain proof key', { code_challenge_method: 'plain' }, 'invalid_request'],
    ['a resource elsewhere', { resource: 'https://other.example/mcp' }, 'invalid_target'],
    ['a resource on another port of this machine', { resource: 'http://127.0.0.1:1/mcp' }, 'invalid_target'],
    ['a resource that is no endpoint', { resource: 'RESOURCE/tools' }, 'invalid_target'],
    ['another way to answer', { response_type: 'token' }, 'unsupported_response_type'],
  ])('a client hears what is wrong when a request has %s', async (_what, changes, error) => {
    const client = await OAuthClient.register(gateway.url);
    const given = JSON.parse(JSON.stringify(changes).replace('RESOURCE', gateway.url)) as Record<string, string | null>;
    const response = await ann().fetch(client.authorizationUrl(given));
    const { search, hash } = new URL(response.headers.get('location') ?? 'none:', gateway.url);
    expect(Object.fromEntries(new URLSearchParams(search || hash.slice(1)))).toMatchObject({
      error,
      iss: gateway.url,
      state: 'a state',
    });
  });

  it('a code is good for its client, its proof key and its address alone, and once; a second use ends what it gave', async () => {
    const [client, other] = [await OAuthClient.register(gateway.url), await OAuthClient.register(gateway.url)];
    const code = String((await client.authorize(ann())).get('code'));
    const wrong = [
      await other.redeem(code),
      await client.redeem(code, { code_verifier: 'x'.repeat(43) }),
      await client.redeem(code, { redirect_uri: 'http://127.0.0.1:1/callback' }),
    ];
    expect(wrong.map(({ status, body }) => [status, body['error']])).toEqual(wrong.map(() => [400, 'invalid_grant']));
    const { body } = await client.redeem(code);
    expect((await call(body['access_token'])).status).toBe(200);

    expect(await client.redeem(code)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
    expect((await call(body['access_token'])).status).toBe(401);
  });

  it('a wrong password is said on the page, and another browser or site cannot answer it', async () => {
    const client = await OAuthClient.register(gateway.url);
    const person = new Person(ADMIN, 'wrong');
    await expect(client.authorize(person)).rejects.toThrow('E-mail or password is wrong');

    const page = (await ann().fetch(client.authorizationUrl())).headers.get('location') ?? '';
    const url = new URL(page, gateway.url);
    expect((await ann().fetch(url)).status).toBe(400);
    const forged = await fetch(url, {
      method: 'POST',
      headers: { origin: 'http://localhost:1' },
      body: 'answer=allow',
    });
    expect(forged.status).toBe(403);
  });

  it.each([
    ['scopes that are not here', { scope: 'openid email' }],
    ['an empty scope', { scope: '' }],
    ['a redirect to localhost as a web client', { redirect_uris: ['http://localhost:1/cb'], application_type: 'web' }],
    ['a scheme of its own', { redirect_uris: ['cursor://anysphere.cursor-mcp/oauth/callback'] }],
    ['a secret', { token_endpoint_auth_method: 'client_secret_post' }],
  ])('a client registers itself when it asks for %s', async (_what, description) => {
    const url = `${gateway.url}/register`;
    const answer = await OAuthClient.ask(url, { redirect_uris: ['http://127.0.0.1/cb'], ...description });
    expect(answer).toMatchObject({ status: 201, body: { token_endpoint_auth_method: 'none' } });
    expect(answer.body).not.toHaveProperty('client_secret');
    expect(answer.body).not.toHaveProperty('scope');
  });

  it.each([
    ['http elsewhere', { redirect_uris: ['http://elsewhere.example/cb'] }],
    ['a script', { redirect_uris: ['javascript:alert(1)'] }],
    ['a fragment', { redirect_uris: ['https://app.example/cb#x'] }],
    ['no address', { redirect_uris: [] }],
    ['an address that is none', { redirect_uris: [7] }],
  ])('a client is not registered when it is to be sent back to %s', async (_what, description) => {
    const { status, body } = await OAuthClient.ask(`${gateway.url}/register`, description);
    expect([status, body['error']]).toEqual([400, expect.stringMatching(/^invalid_(redirect_uri|client_metadata)$/)]);
  });

  it('the first password is good no longer when its administrator has one', async () => {
    const client = await OAuthClient.register(gateway.url);
    const admin = new Person(ADMIN, 'another horse battery staple 8');
    await expect(client.authorize(admin)).rejects.toThrow('E-mail or password is wrong');

    await gateway.admin.call('PUT', `/auth/email/admin/users/${ADMIN}`, { password: 'another horse battery staple 8' });
    await expect(client.authorize(ann())).rejects.toThrow('E-mail or password is wrong');
    expect((await client.authorize(new Person(ADMIN, 'another horse battery staple 8'))).has('code')).toBe(true);
  });
});
