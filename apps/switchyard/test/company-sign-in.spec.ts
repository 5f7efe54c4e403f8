import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFailed } from 'vitest';
import { type Gateway, type McpDouble, freePort, startGateway, startMcpDouble } from '#libs/testing';
import { OAuthClient } from './sign-in/oauth-client.js';
import { Person } from './sign-in/person.js';
import { CLIENT_ID, CLIENT_SECRET, CompanyLogin } from './sso/company-login.js';
import { EmployeeBrowser } from './sso/employee-browser.js';

/** The settings that the guide tells of, as a shell reads them, but for what is another one's here. */
const GUIDE = readFileSync(new URL('../../../docs/guides/company-sign-in.md', import.meta.url), 'utf8');
const [, SETTINGS = ''] = /```sh settings\n([^]*?)```/.exec(GUIDE) ?? [];
const { PUBLIC_URL: _other, ...GUIDED } = Object.fromEntries(
  [...SETTINGS.matchAll(/^(\w+)=(?:'([^]*?)'|(.*))$/gm)].map(([, name, quoted, plain]) => [name, quoted ?? plain]),
) as Readonly<Record<string, string>>;

const PROVIDER = 'company';
const ADMIN = 'admin@example.com';
const PASSWORD = 'correct horse battery staple 7';
const ANN = { sub: 'a1', email: 'Ann@example.org', email_verified: true, name: 'Ann Example' };

let upstream: McpDouble;
let company: CompanyLogin;
let gateway: Gateway;

beforeAll(async () => {
  upstream = await startMcpDouble({
    name: 'up',
    tools: [{ name: 'echo', description: 'says hello', inputSchema: { type: 'object' } }],
    call: () => '"content":[{"type":"text","text":"hello"}]',
  });
  const [port, companyPort] = [await freePort(), await freePort()];
  company = await CompanyLogin.start(companyPort, `http://127.0.0.1:${port}`, PROVIDER);
  gateway = await startGateway({
    mode: 'embedded',
    env: {
      ...GUIDED,
      PORT: String(port),
      // Longer than anything is waited for here: what ends has ended because the process heard of it.
      JWT_CACHE_TTL: '300',
      PLATFORM_ADMIN_FIRST_PASSWORD: PASSWORD,
      SSO_GENERIC_ISSUER: company.issuer,
      SSO_GENERIC_CLIENT_ID: CLIENT_ID,
      SSO_GENERIC_CLIENT_SECRET: CLIENT_SECRET,
    },
  });
  await gateway.admin.register({ name: 'up', url: upstream.url, transport: 'STREAMABLEHTTP', visibility: 'public' });
});
afterAll(async () => {
  await gateway?.stop();
  await company?.stop();
  await upstream?.stop();
});
beforeEach(() => onTestFailed(() => console.error(gateway.logs().slice(-4_000))));

const login = () => `${gateway.url}/auth/sso/login/${PROVIDER}`;
const CALLBACK = () => `${gateway.url}/auth/sso/callback/${PROVIDER}`;

/** Who the browser is logged in to the console as. */
const me = async (browser: EmployeeBrowser) => {
  const response = await browser.fetch(new URL(`${gateway.url}/auth/email/me`));
  return { status: response.status, body: (await response.json()) as Readonly<Record<string, unknown>> };
};

const signIn = async (employee: CompanyLogin['present'], browser = new EmployeeBrowser(PROVIDER)) => {
  company.present = employee;
  const shown = await browser.open(login(), `${gateway.url}/admin/`);
  return { browser, ...shown };
};

const listTools = async (token: unknown): Promise<number> => {
  const response = await fetch(`${gateway.url}/mcp`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      authorization: `Bearer ${String(token)}`,
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list', params: {} }),
  });
  return response.status;
};

const rolesOf = async (email: string): Promise<readonly string[]> => {
  const given = await gateway.admin.call<{ role_name: string }[]>('GET', `/rbac/users/${email}/roles`);
  return given.map(({ role_name }) => role_name).sort();
};

const membersOf = async (slug: string): Promise<readonly string[]> => {
  const found = await gateway.admin.call<{ teams: { id: string; slug: string }[] }>('GET', '/teams');
  const team = found.teams.find((each) => each.slug === slug);
  const members = await gateway.admin.call<{ user_email: string }[]>('GET', `/teams/${team?.id}/members`);
  return members.map(({ user_email }) => user_email);
};

describe('signing in with the company', () => {
  it('the providers are listed for everybody, without anything secret', async () => {
    const response = await fetch(`${gateway.url}/auth/sso/providers`);
    expect(await response.json()).toEqual([{ id: PROVIDER, name: PROVIDER, display_name: 'Acme' }]);
  });

  it('somebody is logged in to the console, is made, and has the teams and roles of their groups for as long as those', async () => {
    const { browser, url } = await signIn({ ...ANN, groups: ['/eng'] });
    expect(url.href).toBe(`${gateway.url}/admin/`);
    expect(await me(browser)).toMatchObject({
      status: 200,
      body: { email: 'ann@example.org', full_name: 'Ann Example', auth_provider: PROVIDER, is_admin: false },
    });
    expect(await membersOf('makers')).toEqual(['ann@example.org']);
    expect(await rolesOf('ann@example.org')).toEqual(['developer', 'platform_viewer']);

    browser.forgetCompany();
    await signIn({ ...ANN, groups: ['it'] }, browser);
    expect(await membersOf('makers')).toEqual([]);
    expect(await rolesOf('ann@example.org')).toEqual(['platform_admin']);
    await signIn(ANN);
    expect(await rolesOf('ann@example.org')).toEqual([]);
  });

  it('an account is of its subject when the address has changed at the provider', async () => {
    await signIn(ANN);
    const { browser } = await signIn({ ...ANN, email: 'ann.married@example.org' });
    expect((await me(browser)).body).toMatchObject({ email: 'ann@example.org' });
  });

  it('a client of MCP signs in through the company, and is out at once when the company says so, as is the console', async () => {
    company.present = ANN;
    const client = await OAuthClient.register(gateway.url);
    const browser = new EmployeeBrowser(PROVIDER);
    const { url } = await browser.open(client.authorizationUrl().href, 'http://127.0.0.1:43123/callback');
    const { body: tokens } = await client.redeem(String(url.searchParams.get('code')));
    expect(await listTools(tokens['access_token'])).toBe(200);
    await browser.open(login(), `${gateway.url}/admin/`);
    expect((await me(browser)).status).toBe(200);

    const logout = await company.sign({ ...LOGOUT(), sub: ANN.sub });
    expect((await post(logout)).status).toBe(200);
    await expect.poll(() => listTools(tokens['access_token']), { interval: 5 }).toBe(401);
    expect((await me(browser)).status).toBe(401);
    expect(await client.refresh(tokens['refresh_token'])).toMatchObject({ status: 400 });
    // The same one again ends nothing that was begun since.
    const again = await signIn(ANN);
    expect((await post(logout)).status).toBe(200);
    expect((await me(again.browser)).status).toBe(200);
  });

  it('sessions are listed and ended by their user, and all at once by an administrator', async () => {
    const { browser: first } = await signIn(ANN);
    const { browser: second } = await signIn(ANN);
    const sessions = async () => {
      const response = await second.fetch(new URL(`${gateway.url}/auth/sessions`));
      return (await response.json()) as { id: string; is_current: boolean; signed_in_at: string; kind: string }[];
    };
    const [current, other] = [...(await sessions())].slice(0, 2);
    expect(current).toMatchObject({ is_current: true, kind: 'login', signed_in_at: company.issuer });
    expect(
      (await second.fetch(new URL(`${gateway.url}/auth/sessions/${other?.id}`), { method: 'DELETE' })).status,
    ).toBe(204);
    expect([(await me(first)).status, (await me(second)).status]).toEqual([401, 200]);
    const gone = await gateway.admin.call<{ ended: number }>(
      'DELETE',
      '/auth/email/admin/users/ann@example.org/sessions',
    );
    expect(gone.ended).toBeGreaterThan(0);
    expect((await me(second)).status).toBe(401);
  });
});

const LOGOUT = () => ({
  iss: company.issuer,
  aud: CLIENT_ID,
  iat: Math.floor(Date.now() / 1000),
  exp: Math.floor(Date.now() / 1000) + 60,
  jti: crypto.randomUUID(),
  events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
});

const post = (logout_token: string): Promise<Response> =>
  fetch(`${gateway.url}/auth/sso/backchannel-logout/${PROVIDER}`, {
    method: 'POST',
    body: new URLSearchParams({ logout_token }),
  });

/** A sign-in that has got as far as the answer of the provider, which nobody has read yet. */
const answered = async (browser: EmployeeBrowser) => {
  company.present = ANN;
  return (await browser.open(login(), CALLBACK())).url;
};

describe('signing in with the company is refused', () => {
  it.each<[string, (url: URL) => void, number]>([
    ['a forged state', (url) => url.searchParams.set('state', 'forged'), 400],
    ['two states', (url) => url.searchParams.append('state', 'another'), 400],
    ['no state', (url) => url.searchParams.delete('state'), 400],
    ['a forged code', (url) => url.searchParams.set('code', 'forged'), 403],
    ['another issuer', (url) => url.searchParams.set('iss', 'https://evil.example'), 403],
    ['no issuer', (url) => url.searchParams.delete('iss'), 403],
    ['the callback of another provider', (url) => (url.pathname = '/auth/sso/callback/okta'), 400],
  ])('nobody is signed in when the answer has %s', async (_what, bend, status) => {
    const browser = new EmployeeBrowser(PROVIDER);
    const url = await answered(browser);
    bend(url);
    const response = await browser.fetch(url);
    expect([response.status, response.headers.get('content-type')]).toEqual([status, 'text/html; charset=utf-8']);
    expect(await response.text()).toContain('You are not signed in');
    expect((await me(browser)).status).toBe(401);
  });

  it('nobody is signed in when the answer is opened in another browser, or twice, even with the same cookies', async () => {
    const browser = new EmployeeBrowser(PROVIDER);
    const url = await answered(browser);
    expect((await new EmployeeBrowser(PROVIDER).fetch(url)).status).toBe(400);
    const copy = browser.copy();
    expect((await browser.fetch(url)).status).toBe(302);
    expect((await browser.fetch(url)).status).toBe(400);
    expect((await copy.fetch(url)).status).toBe(400);
    expect((await me(copy)).status).toBe(401);
  });

  it('nobody is signed in when two mix up their answers', async () => {
    const [mine, theirs] = [new EmployeeBrowser(PROVIDER), new EmployeeBrowser(PROVIDER)];
    const [url, other] = [await answered(mine), await answered(theirs)];
    url.searchParams.set('code', other.searchParams.get('code') ?? '');
    expect((await mine.fetch(url)).status).toBe(403);
  });

  it.each([
    ['https://evil.example/'],
    ['//evil.example/admin/'],
    ['http://127.0.0.1:1/admin/'],
    ['/auth/sso/callback/okta'],
    ['javascript:alert(1)'],
  ])('nobody is sent to %s', async (target) => {
    const response = await fetch(`${login()}?redirect_uri=${encodeURIComponent(target)}`);
    expect(response.status).toBe(422);
  });

  it.each<[string, object, string]>([
    ['is not verified', { email_verified: false }, 'not verified'],
    ['is of another company', { email: 'eve@evil.example' }, 'not let in'],
    ['is missing', { email: undefined }, 'no e-mail address'],
  ])('nobody is signed in when their address %s', async (_what, claims, why) => {
    const shown = await signIn({ ...ANN, sub: `new ${why}`, ...claims });
    expect([shown.status, shown.html]).toEqual([403, expect.stringContaining(why)]);
    const trail = () => gateway.admin.call<object>('GET', '/audit?action=login.refused&limit=1');
    await expect.poll(trail).toMatchObject({
      records: [{ resource: { id: `sso:${PROVIDER}` }, after: { reason: expect.stringContaining(why) } }],
    });
    expect((await me(shown.browser)).status).toBe(401);
  });

  it('nobody gets in to an account that others made, nor to one that is disabled or was removed', async () => {
    await gateway.admin.call('POST', '/auth/email/admin/users', { email: 'bob@example.org' });
    const bob = { sub: 'b1', email: 'bob@example.org', email_verified: true };
    expect((await signIn(bob)).html).toContain('not linked');
    const zoe = { sub: 'z1', email: 'zoe@example.org', email_verified: true };
    await signIn(zoe);
    const account = '/auth/email/admin/users/zoe@example.org';
    await gateway.admin.call('PATCH', account, { is_active: false });
    expect((await signIn(zoe)).html).toContain('disabled');
    await gateway.admin.call('DELETE', account);
    expect((await signIn(zoe)).html).toContain('removed');
    // Whoever is made again is nobody whom the provider knows.
    await gateway.admin.call('POST', '/auth/email/admin/users', { email: zoe.email });
    expect((await signIn(zoe)).html).toContain('not linked');
    // The address of somebody whom it knows, with another subject.
    expect((await signIn({ ...ANN, sub: 'a2' })).html).toContain('linked to another identity');
  });

  it.each<[string, () => Record<string, unknown>, number]>([
    ['a nonce', () => ({ nonce: 'n' }), 400],
    ['no event', () => ({ events: {} }), 400],
    ['nobody', () => ({ sub: undefined }), 400],
    ['another audience', () => ({ aud: 'another' }), 400],
    ['another issuer', () => ({ iss: 'https://evil.example' }), 400],
    ['a time long ago', () => ({ iat: 1_000 }), 400],
  ])('nobody is logged out by a token that has %s', async (_what, claims, status) => {
    const { browser } = await signIn(ANN);
    const answer = await post(await company.sign({ ...LOGOUT(), sub: ANN.sub, ...claims() }));
    expect([answer.status, await answer.json()]).toMatchObject([status, { error: 'invalid_request' }]);
    expect((await me(browser)).status).toBe(200);
  });

  it('one logs in by password when a provider is down, and the pages say so', async () => {
    const down = {
      id: 'down',
      display_name: 'Away',
      issuer: `http://127.0.0.1:${await freePort()}`,
      client_id: 'gateway',
      client_secret: 'another planted secret',
      trusted_domains: ['example.org'],
    };
    const made = await gateway.admin.call('POST', '/auth/sso/admin/providers', down);
    expect(JSON.stringify(made)).not.toContain(down.client_secret);
    expect(made).toMatchObject({ id: 'down', source: 'api', is_enabled: true, trusted_domains: ['example.org'] });
    const url = `${gateway.url}/auth/sso/login/down`;
    const shown = await new EmployeeBrowser(PROVIDER).open(url);
    expect([shown.status, shown.html]).toEqual([503, expect.stringContaining('log in with your password')]);
    expect((await fetch(url)).status).toBe(503);

    const client = await OAuthClient.register(gateway.url);
    const again = await new EmployeeBrowser('down').once(client.authorizationUrl());
    expect(again).toEqual([503, expect.stringContaining('Away cannot be reached')]);
    const signedIn = await client.signIn(new Person(ADMIN, PASSWORD));
    expect(await listTools(signedIn['access_token'])).toBe(200);
    await gateway.admin.call('DELETE', '/auth/sso/admin/providers/down');
    expect((await fetch(url)).status).toBe(404);
  });

  it('nothing secret is in the log', () => {
    for (const secret of [CLIENT_SECRET, 'another planted secret']) expect(gateway.logs()).not.toContain(secret);
    expect(gateway.logs()).not.toMatch(/eyJ[\w-]+\.eyJ|[?&]code=/);
  });
});
