import { readFileSync } from 'node:fs';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Gateway, type McpDouble, freePort, startGateway, startMcpDouble } from '#libs/testing';
import { CLIENT, Company } from './token-exchange/company.js';
import { type Recorded, RecordedServer } from './token-exchange/recorded-server.js';

const ANN = 'ann@example.org';
const BOB = 'bob@example.org';
const GRANT = 'grant_type';
const GUIDE = readFileSync(new URL('../../../docs/guides/upstream-oauth.md', import.meta.url), 'utf8');

/** The registration by this grant in the guide. */
const ofGuide = (grant: string) => {
  const [, block = ''] = new RegExp(`\`\`\`json\\n(\\{[^\`]*"${grant}"[^\`]*)\`\`\``).exec(GUIDE) ?? [];
  return JSON.parse(block) as { readonly oauth_config: object };
};

let company: Company;
let entra: RecordedServer;
let keycloak: RecordedServer;
let upstream: McpDouble;
let gateway: Gateway;
let endpoint: string;
/** Tokens that the upstream was shown with calls. */
const shown: string[] = [];
/** Those that it takes no more. */
const ended = new Set<string>();
/** Every token of a caller, none of which may be found anywhere. */
const callers: string[] = [];

/** What Entra was seen to do: its own grant, numbers beside its errors, no `resource` beside a scope. */
const answerOfEntra: Recorded = async (form, _client, mint) => {
  const refused = (error: string, number: number) => ({
    status: 400,
    body: { error, error_description: `AADSTS${number}: planted`, error_codes: [number], suberror: 'bad_token' },
  });
  if (form['resource'] !== undefined) return refused('invalid_target', 9_010_010);
  if (form[GRANT] === 'client_credentials') return given(await mint(upstream.url));
  if (form[GRANT] !== 'urn:ietf:params:oauth:grant-type:jwt-bearer') return refused('unsupported_grant_type', 70_003);
  if (form['requested_token_use'] !== 'on_behalf_of') return refused('invalid_request', 900_144);
  const { sub } = decodeJwt(form['assertion'] ?? '');
  if (sub === BOB) return refused('invalid_grant', 65_001);
  if (sub === 'carol@example.org') return refused('interaction_required', 50_076);
  // A life as text, and a refresh token that nobody asked for.
  return given(await entra.tokenOf(String(sub), upstream.url), {
    expires_in: '3599',
    refresh_token: 'planted refresh',
  });
};

/** What Keycloak was seen to do: `audience` is a client id, `resource` is not looked at, a code of its own for a wrong secret. */
const answerOfKeycloak: Recorded = async (form, client, mint) => {
  if (client !== 'https://gateway.example/mcp') return { status: 401, body: { error: 'unauthorized_client' } };
  if (form[GRANT] === 'client_credentials') return given(await mint(upstream.url));
  const { email } = decodeJwt(form['subject_token'] ?? '');
  if (form['audience'] !== 'orders') return { status: 400, body: { error: 'invalid_client' } };
  if (email === BOB) return { status: 403, body: { error: 'access_denied', error_description: 'planted' } };
  return given(await keycloak.tokenOf(String(email), upstream.url), {
    issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    'not-before-policy': 0,
    session_state: 'planted session',
  });
};

const given = (token: string, more: object = {}) => ({
  status: 200,
  body: { access_token: token, token_type: 'Bearer', expires_in: 300, ...more },
});

const rest = async (method: string, path: string, body?: object, token = gateway.adminToken) => {
  const response = await fetch(`${gateway.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, text, body: (text === '' ? {} : JSON.parse(text)) as Record<string, unknown> };
};

const idOf = async (name: string): Promise<string> => {
  const { text } = await rest('GET', '/gateways');
  return (JSON.parse(text) as { id: string; name: string }[]).find((each) => each.name === name)?.id ?? '';
};

/** How the exchange of somebody stands, as they see it. */
const statusOf = async (id: string, email: string) =>
  (await rest('GET', `/oauth/status/${id}`, undefined, await gateway.tokenFor({ email }))).body;

/** The token of somebody who may register gateways, and is no administrator. */
const registrar = async (): Promise<string> => {
  const email = 'registrar@example.org';
  await call('orders-list', await tokenOf(email));
  const { body } = await rest('POST', '/rbac/roles', {
    name: 'registrar',
    description: 'registers',
    scope: 'global',
    permissions: ['gateways.*'],
  });
  const given = { role_id: body['id'], scope: 'global' };
  expect((await rest('POST', `/rbac/users/${email}/roles`, given)).status).toBeLessThan(300);
  return gateway.tokenFor({ email });
};

const call = async (name: string, token: string) => {
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      authorization: `Bearer ${token}`,
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: {} } }),
  });
  return { status: response.status, text: await response.text() };
};

const tokenOf = async (email: string, more?: object, life?: string): Promise<string> => {
  const token = await company.tokenOf(email, endpoint, more, life);
  callers.push(token);
  return token;
};

const register = (name: string, config: object, token?: string, grant = 'token-exchange') => {
  const { oauth_config: ofConfig, ...registration } = ofGuide(grant);
  const oauth = { ...ofConfig, issuer: company.issuer, ...CLIENT, ...config };
  const body = { ...registration, name, url: upstream.url, visibility: 'public', oauth_config: oauth };
  return rest('POST', '/gateways', body, token);
};

beforeAll(async () => {
  [company, entra, keycloak] = await Promise.all([
    Company.start(),
    RecordedServer.start('/tenant/v2.0', answerOfEntra),
    RecordedServer.start('/realms/one', answerOfKeycloak),
  ]);
  const port = await freePort();
  endpoint = `http://127.0.0.1:${port}/mcp`;
  const issuer = { domains: ['example.org'], createUsers: true, exchangeAt: [] };
  upstream = await startMcpDouble({
    name: 'orders',
    tools: [{ name: 'list', description: 'lists orders', inputSchema: { type: 'object' } }],
    call: () => '"content":[{"type":"text","text":"two orders"}]',
    intercept: ({ req, res, message }) => {
      const [, token = ''] = /^Bearer (.+)$/.exec(req.headers.authorization ?? '') ?? [];
      if (message.method === 'tools/call') shown.push(token);
      const isGood = token !== '' && decodeJwt(token).aud === upstream.url && !ended.has(token);
      if (!isGood) res.writeHead(401, { 'www-authenticate': 'Bearer error="invalid_token"' }).end();
      return !isGood;
    },
  });
  gateway = await startGateway({
    mode: 'embedded',
    env: {
      PORT: String(port),
      LOG_LEVEL: 'debug',
      PUBLIC_URL: `http://127.0.0.1:${port}`,
      TRUSTED_ISSUERS: JSON.stringify([
        { ...issuer, issuer: company.issuer, rules: [{ claim: 'groups', value: 'admins', administrator: true }] },
        { ...issuer, issuer: entra.issuer },
        { ...issuer, issuer: keycloak.issuer },
      ]),
    },
  });
  expect(await register('orders', {})).toMatchObject({ status: 201, body: { toolCount: 1 } });
});
afterAll(async () => {
  await gateway?.stop();
  await upstream?.stop();
  await Promise.all([company?.stop(), entra?.stop(), keycloak?.stop()]);
});
beforeEach(() => {
  company.refuses = null;
  company.lifeS = 300;
});

describe('an upstream for which the tokens of callers are exchanged', () => {
  it('an upstream is shown one token for its caller when three call at once, and never that of the caller', async () => {
    const token = await tokenOf(ANN);
    const answers = await Promise.all([1, 2, 3].map(() => call('orders-list', token)));
    expect(answers.map(({ text }) => text.includes('two orders') || text)).toEqual([true, true, true]);
    expect(company.exchanged).toEqual([token]);
    const [one] = shown;
    expect(new Set(shown)).toEqual(new Set([one]));
    expect(decodeJwt(one ?? '')).toMatchObject({
      iss: company.issuer,
      sub: ANN,
      aud: upstream.url,
      scope: 'orders:read',
    });
    expect(callers).not.toContain(one);
  });

  it('what a token was exchanged for is shown for the next of the same client, and for nothing else', async () => {
    const before = company.exchanged.length;
    await call('orders-list', await tokenOf(ANN));
    expect([company.exchanged.length - before, shown.at(-1)]).toEqual([0, shown[0]]);
    for (const token of [
      await tokenOf(ANN, { scope: 'mcp:call more' }),
      await tokenOf(ANN, { client_id: 'another' }),
      await tokenOf(ANN, { sid: 'another session' }),
      await tokenOf(ANN, { acr: 'password' }),
      await tokenOf(ANN, { act: { sub: 'an agent' } }),
      await tokenOf(ANN, { realm_access: { roles: ['clerk'] } }),
      await tokenOf(ANN, { authorization_details: [{ type: 'orders', actions: ['read'] }] }),
      await tokenOf(BOB),
    ]) {
      expect((await call('orders-list', token)).text).toContain('two orders');
      expect(company.exchanged.at(-1)).toBe(token);
      expect(decodeJwt(shown.at(-1) ?? '').sub).toBe(decodeJwt(token).sub);
    }
    expect(new Set(shown).size).toBe(9);
  });

  it('what a token was exchanged for is shown for the next when they differ in times, ids and the order of lists alone', async () => {
    const [once, again] = [
      { scope: 'a b', roles: ['x', 'y'], uti: 'one', nbf: 1 },
      { scope: 'b a', roles: ['y', 'x'], uti: 'two', nbf: 2 },
    ];
    await call('orders-list', await tokenOf(ANN, once));
    const before = company.exchanged.length;
    expect((await call('orders-list', await tokenOf(ANN, again))).text).toContain('two orders');
    expect([company.exchanged.length, shown.at(-1)]).toEqual([before, shown.at(-2)]);
  });

  it('a caller is told which token is needed when theirs is one of the gateway', async () => {
    const before = shown.length;
    const { text } = await call('orders-list', gateway.adminToken);
    expect(text).toContain(`call with an access token of a trusted issuer, which is ${company.issuer}`);
    expect(shown).toHaveLength(before);
  });

  it.each([
    [
      { status: 400, body: { error: 'invalid_grant' } },
      /does not exchange the token of this caller: invalid_grant/,
      'needs_reauth',
    ],
    [{ status: 403, body: { error: 'access_denied' } }, /access_denied/, 'failed'],
    [{ status: 503, body: {} }, /HTTP 503/, 'failed'],
    [{ status: 200, body: { access_token: 'x', token_type: 'N_A' } }, /no bearer token/, 'failed'],
    [
      {
        status: 200,
        body: {
          access_token: 'x',
          token_type: 'Bearer',
          issued_token_type: 'urn:ietf:params:oauth:token-type:refresh_token',
        },
      },
      /no access token/,
      'failed',
    ],
  ] as const)('a caller is told why when the authorization server answers %j', async (answer, why, state) => {
    company.refuses = answer;
    const email = `${crypto.randomUUID()}@example.org`;
    const token = await tokenOf(email);
    const before = shown.length;
    const { text } = await call('orders-list', token);
    expect(text).toMatch(why);
    expect(shown).toHaveLength(before);
    const id = await idOf('orders');
    expect(await statusOf(id, email)).toMatchObject({ state, reason: expect.stringMatching(why) });
    // Another token is another question.
    company.refuses = null;
    expect((await call('orders-list', await tokenOf(email, { sid: 'signed in again' }))).text).toContain('two orders');
    expect(await statusOf(id, email)).toMatchObject({ state: 'ok', reason: null });
  });

  it('a caller is told of no failure when what their token is exchanged for is on its way', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    company.waits = promise;
    const before = company.exchanged.length;
    const calling = call('orders-list', await tokenOf('erin@example.org'));
    await expect.poll(() => company.exchanged.length).toBe(before + 1);
    const status = await statusOf(await idOf('orders'), 'erin@example.org').finally(() => {
      company.waits = null;
      resolve();
    });
    expect(status).toMatchObject({ state: 'ok', reason: null, token: { state: 'none' } });
    expect((await calling).text).toContain('two orders');
  });

  it('a token that comes back as it was sent is shown to nobody', async () => {
    const token = await tokenOf(ANN, { scope: 'echo' });
    company.refuses = { status: 200, body: { access_token: token, token_type: 'Bearer' } };
    const before = shown.length;
    expect((await call('orders-list', token)).text).toContain('gave back the token that it was to exchange');
    expect(shown).toHaveLength(before);
  });

  it('a token is exchanged again when what it was exchanged for ends, or the upstream takes it no more', async () => {
    company.lifeS = 4;
    const token = await tokenOf(ANN, { scope: 'short' });
    const before = shown.length;
    const used = () => new Set(shown.slice(before)).size;
    await expect
      .poll(async () => ((await call('orders-list', token)).text.includes('two orders') ? used() : 'refused'))
      .toBeGreaterThan(2);
    company.lifeS = 300;
    await call('orders-list', await tokenOf(ANN, { scope: 'long' }));
    const last = shown.at(-1) ?? '';
    const ageMs = () => Date.now() - Number(decodeJwt(last).iat) * 1_000;
    // One that is refused as soon as it was got is not got again.
    await expect.poll(ageMs).toBeGreaterThan(6_500);
    ended.add(last);
    expect((await call('orders-list', await tokenOf(ANN, { scope: 'long' }))).text).toContain('two orders');
    expect(shown.at(-1)).not.toBe(last);
  });

  it('a token is exchanged no more when it was revoked here, or its user is disabled', async () => {
    const token = await tokenOf('dan@example.org');
    expect((await call('orders-list', token)).text).toContain('two orders');
    const before = [company.exchanged.length, shown.length];
    expect((await rest('DELETE', `/tokens/admin/${decodeJwt(token).jti}`)).status).toBeLessThan(300);
    expect((await call('orders-list', token)).status).toBe(401);
    const next = await tokenOf('dan@example.org', { sid: 'next' });
    expect((await rest('DELETE', '/auth/email/admin/users/dan@example.org')).status).toBeLessThan(300);
    expect((await call('orders-list', next)).status).toBe(401);
    expect([company.exchanged.length, shown.length]).toEqual(before);
  });

  it.each([
    ['for whoever is no administrator', {}, 403, /Only administrators/],
    ['without a secret', { client_secret: null }, 422, /clientSecret is needed/],
    ['with no place to exchange at', { issuer: null }, 422, /tokenUrl is needed/],
    ['on behalf of without scopes', { grant_type: 'on-behalf-of', scopes: [] }, 422, /scopes is needed/],
    [
      'with where people consent',
      { authorization_url: 'https://idp.example.org/authorize' },
      422,
      /authorization_code/,
    ],
  ])('an upstream is not registered %s', async (what, config, status, why) => {
    const token = what.includes('administrator') ? await registrar() : gateway.adminToken;
    expect(await register('refused', config, token)).toMatchObject({ status, text: expect.stringMatching(why) });
  });

  it('tokens of a company are sent nowhere but where the operator said when a registration names another place', async () => {
    const stranger = await RecordedServer.start('', async (_form, _client, mint) => given(await mint(upstream.url)));
    try {
      for (const [name, place] of [
        ['strange', { issuer: stranger.issuer }],
        ['stranger', { issuer: company.issuer, token_url: `${stranger.issuer}/token` }],
      ] as const) {
        expect((await register(name, place)).status).toBe(201);
        const { text } = await call(`${name}-list`, await tokenOf(ANN));
        expect(text).toContain('exchangeAt of TRUSTED_ISSUERS');
      }
      expect(stranger.forms.map((form) => form[GRANT])).toEqual(['client_credentials', 'client_credentials']);
      expect(callers.filter((token) => JSON.stringify(stranger.forms).includes(token))).toEqual([]);
    } finally {
      await stranger.stop();
    }
  });

  it('Entra is asked on behalf of a caller without a resource, and says by a number why not', async () => {
    expect(await register('entra', { issuer: entra.issuer }, undefined, 'on-behalf-of')).toMatchObject({
      status: 201,
      body: { toolCount: 1 },
    });
    const ann = await entra.tokenOf(ANN, endpoint);
    callers.push(ann);
    expect((await call('entra-list', ann)).text).toContain('two orders');
    expect(entra.forms.at(-1)).toEqual({
      [GRANT]: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
      requested_token_use: 'on_behalf_of',
      assertion: ann,
      scope: 'api://orders/.default',
    });
    for (const [email, why] of [
      [BOB, 'invalid_grant (AADSTS65001)'],
      ['carol@example.org', 'interaction_required (AADSTS50076)'],
    ] as const) {
      const { text } = await call('entra-list', await entra.tokenOf(email, endpoint));
      expect(text).toContain(why);
      expect(text).not.toContain('planted');
      expect(await statusOf(await idOf('entra'), email)).toMatchObject({ state: 'needs_reauth' });
    }
    // A token of one company is not exchanged at another's.
    expect((await call('entra-list', await tokenOf(ANN))).text).toContain('may not be exchanged at');
  });

  it('Keycloak is told an audience that is a client, and refuses a caller without ending anything', async () => {
    const client = { client_id: 'https://gateway.example/mcp', audience: 'orders', omit_resource: true };
    const config = { ...client, issuer: keycloak.issuer };
    expect(await register('keycloak', config)).toMatchObject({ status: 201 });
    expect((await call('keycloak-list', await keycloak.tokenOf(ANN, endpoint))).text).toContain('two orders');
    expect(keycloak.forms.at(-1)).toMatchObject({ audience: 'orders', scope: 'orders:read' });
    expect(keycloak.forms.at(-1)).not.toHaveProperty('resource');
    expect((await call('keycloak-list', await keycloak.tokenOf(BOB, endpoint))).text).toContain('access_denied');
    expect(await statusOf(await idOf('keycloak'), BOB)).toMatchObject({ state: 'failed' });
  });

  it('each caller is shown to the upstream as themselves when the tokens of a company name nobody but by their address', async () => {
    const [ann, dora] = await Promise.all(
      // Lightweight access tokens of Keycloak have no `sub`.
      [ANN, 'dora@example.org'].map((email) => keycloak.tokenOf(email, endpoint, { sub: undefined })),
    );
    const shownFor = async (token = ''): Promise<unknown> => {
      expect((await call('keycloak-list', token)).text).toContain('two orders');
      return decodeJwt(shown.at(-1) ?? '').sub;
    };
    expect([await shownFor(ann), await shownFor(dora), await shownFor(ann)]).toEqual([ANN, 'dora@example.org', ANN]);
  });

  it('no token of a caller, and nothing that it was exchanged for, has been logged', async () => {
    expect(gateway.logs().length).toBeGreaterThan(1_000);
    const secrets = [...callers, ...shown, CLIENT.client_secret, 'planted refresh', 'planted session'];
    expect(secrets.filter((secret) => gateway.logs().includes(secret))).toEqual([]);
  });
});
