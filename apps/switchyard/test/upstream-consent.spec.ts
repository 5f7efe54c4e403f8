import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFailed, vi } from 'vitest';
import { type Gateway, type McpDouble, startGateway, startMcpDouble } from '#libs/testing';
import { connectionsCommand } from '../src/commands/connections/connections.command.js';
import { ConsolePage, launchBrowser } from './console/console-page.js';
import { LegacyClient, type Said } from './isolation/endpoint-client.js';
import { Browser } from './upstream-consent/browser.js';
import { ConsentServer } from './upstream-consent/consent-server.js';

const GUIDE = resolve(import.meta.dirname, '../../../docs/guides/upstream-oauth.md');
const PASSWORD = 'correct horse battery staple 7';
const ADMIN = 'admin@example.com';
const URL_CAPABLE = { elicitation: { form: {}, url: {} } };

let consents: ConsentServer;
let upstream: McpDouble;
let gateway: Gateway;
let gatewayId: string;
let ann: Person;
let bob: Person;
/** Whether the upstream takes anybody's token. */
let trusts = true;
/** What tokens have to cover besides; empty: nothing. */
let demanded = '';
/** Tokens that the upstream was shown and took, in order. */
const shown: { readonly token: string; readonly sub: string }[] = [];

const decoded = (token: string) => JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());

const ask = async (token: string, method: string, path: string, body?: unknown) => {
  const response = await fetch(`${gateway.url}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, text, body: text === '' ? null : JSON.parse(text) };
};

/** One request of a client of 2026-07-28. */
const modern = async (token: string, params: object, capabilities: object = URL_CAPABLE) => {
  const response = await fetch(`${gateway.url}/mcp`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': 'tools/call',
      'mcp-name': (params as { name: string }).name,
      authorization: `Bearer ${token}`,
    },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: {
        arguments: {},
        ...params,
        _meta: {
          'io.modelcontextprotocol/protocolVersion': '2026-07-28',
          'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1' },
          'io.modelcontextprotocol/clientCapabilities': capabilities,
        },
      },
    }),
  });
  const text = await response.text();
  const line = text.split('\n').findLast((each) => each.startsWith('data: '));
  return JSON.parse(line?.slice(6) ?? text);
};

interface Person {
  readonly email: string;
  readonly browser: Browser;
  readonly token: string;
}

const person = async (name: string): Promise<Person> => {
  const email = `${name}@example.com`;
  await gateway.admin.call('POST', '/auth/email/admin/users', { email, password: PASSWORD });
  const browser = new Browser(email, PASSWORD).known(consents.issuer, name);
  return { email, browser, token: await gateway.tokenFor({ email }) };
};

const link = () => `${gateway.url}/oauth/authorize/${gatewayId}`;
const CALLBACK = () => `${gateway.url}/oauth/callback/${gatewayId}`;

/** By the page, with a password. */
const signIn = ({ browser }: Pick<Person, 'browser'>): Promise<string> => browser.consent(link(), CALLBACK());

/** By a program in the browser that has the person's token. */
const begin = ({ browser, token }: Pick<Person, 'browser' | 'token'>): Promise<string> =>
  browser.follow(link(), CALLBACK(), { authorization: `Bearer ${token}` });

const finish = async ({ browser }: Pick<Person, 'browser'>, back: string): Promise<void> => {
  const page = await browser.fetch(back);
  expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('Connected')]);
};

const connect = async (who: Pick<Person, 'browser' | 'token'>): Promise<string> => {
  const back = await begin(who);
  await finish(who, back);
  return back;
};

const stateOf = async (token: string) => (await ask(token, 'GET', `/oauth/status/${gatewayId}`)).body;

beforeAll(async () => {
  consents = await ConsentServer.start();
  upstream = await startMcpDouble({
    name: 'notes',
    tools: [{ name: 'whoami', description: 'says who calls', inputSchema: { type: 'object' } }],
    call: () => `"content":[{"type":"text","text":"${shown.at(-1)?.sub}"}]`,
    intercept: ({ req, res }) => {
      const [, token = ''] = /^Bearer (.+)$/.exec(req.headers.authorization ?? '') ?? [];
      const claims = token === '' ? null : decoded(token);
      const isGood = trusts && claims !== null && claims.aud === upstream.url && claims.exp * 1_000 > Date.now();
      if (
        isGood &&
        !demanded.split(' ').every((scope) => `${claims.scope}`.split(' ').includes(scope) || scope === '')
      ) {
        const error = `Bearer error="insufficient_scope", scope="${demanded}"`;
        res.writeHead(403, { 'www-authenticate': `${error}, resource_metadata="${consents.resourceMetadata}"` }).end();
        return true;
      }
      if (isGood) shown.push({ token, sub: claims.sub });
      else
        res
          .writeHead(401, {
            'www-authenticate': `Bearer resource_metadata="${consents.resourceMetadata}", scope="notes:read"`,
          })
          .end();
      return !isGood;
    },
  });
  consents.protectedResource = { resource: upstream.url, authorization_servers: [consents.issuer] };
  gateway = await startGateway({
    mode: 'embedded',
    env: { LOG_LEVEL: 'debug', PLATFORM_ADMIN_FIRST_PASSWORD: PASSWORD },
  });
  [ann, bob] = await Promise.all([person('ann'), person('bob')]);
});
afterAll(async () => {
  await gateway?.stop();
  await upstream?.stop();
  await consents?.stop();
});
beforeEach(() => onTestFailed(() => console.error(gateway.logs().slice(-6_000))));

describe('an upstream that needs the consent of its caller', () => {
  it('an upstream is not registered, and what it wants is said, when nothing is said of a credential', async () => {
    const refused = await ask(gateway.adminToken, 'POST', '/gateways', { name: 'Notes', url: upstream.url });
    expect([refused.status, refused.body]).toMatchObject([
      502,
      { detail: expect.stringContaining(`The upstream wants OAuth (${consents.issuer})`) },
    ]);
    expect(refused.text).toContain('authorization_code');
    expect((await ask(gateway.adminToken, 'GET', '/gateways')).body).toEqual([]);
  });

  it('an upstream is registered as its guide says without a consent, and listed once whoever registered it has given theirs', async () => {
    const [, ofGuide = ''] = /```json\n(\{[^`]*authorization_code[^`]*)```/.exec(readFileSync(GUIDE, 'utf8')) ?? [];
    const registration = { ...JSON.parse(ofGuide), url: upstream.url, visibility: 'public' };
    const { status, body, text } = await ask(gateway.adminToken, 'POST', '/gateways', registration);
    expect([status, text]).toEqual([201, expect.stringContaining(`${gateway.url}/oauth/authorize/`)]);
    expect(body).toMatchObject({ enabled: false, authType: 'oauth', toolCount: 0 });
    gatewayId = body.id;
    expect(await stateOf(gateway.adminToken)).toMatchObject({ state: 'needs_consent', client_id: null });

    const admin = { browser: new Browser(ADMIN, PASSWORD).known(consents.issuer, 'admin') };
    await finish(admin, await signIn(admin));
    const listed = async () => (await ask(gateway.adminToken, 'GET', `/gateways/${gatewayId}`)).body.toolCount;
    await expect.poll(listed).toBe(1);
    expect(await stateOf(gateway.adminToken)).toMatchObject({ state: 'ok', reason: null });
    expect(consents.count('POST /reg')).toBe(1);
    expect(consents.count('POST /token')).toBe(1);
  });

  it('a call of a 2026-07-28 client is answered with the URL, and goes on once its user has been there', async () => {
    const asked = (await modern(ann.token, { name: 'notes-whoami' })).result;
    expect(asked).toMatchObject({
      resultType: 'input_required',
      inputRequests: { consent: { method: 'elicitation/create', params: { mode: 'url', url: link() } } },
    });
    const again = { name: 'notes-whoami', requestState: asked.requestState };
    const said = (action: string) => modern(ann.token, { ...again, inputResponses: { consent: { action } } });
    // It is sent again as soon as the URL is open, before its user has consented.
    const going = said('accept');
    await finish(ann, await signIn(ann));
    expect((await going).result).toMatchObject({ content: [{ text: 'ann' }] });
    expect((await modern(ann.token, { name: 'notes-whoami' })).result).toMatchObject({ content: [{ text: 'ann' }] });
    expect((await ask(ann.token, 'GET', '/oauth/connections')).body).toMatchObject([
      {
        gateway_id: gatewayId,
        gateway_name: 'Notes',
        state: 'ok',
        issuer: consents.issuer,
        scopes: ['notes:read', 'offline_access'],
      },
    ]);
  });

  it('a call is answered with the URL in its text when its client cannot be sent to one', async () => {
    const { result } = await modern(bob.token, { name: 'notes-whoami' }, {});
    expect(result).toMatchObject({ isError: true, content: [{ type: 'text', text: expect.stringContaining(link()) }] });
  });

  it('people who consent crosswise get what each of them consented to, and nothing by the way back of the other', async () => {
    const cleo = await person('cleo');
    const [bobs, cleos] = (await Promise.all([bob, cleo].map(signIn))) as [string, string];
    for (const [who, back] of [
      [bob, cleos],
      [cleo, bobs],
    ] as const) {
      const refused = await who.browser.fetch(back);
      expect([refused.status, await refused.text()]).toEqual([
        422,
        expect.stringContaining('not begun in this browser'),
      ]);
      expect(await stateOf(who.token)).toMatchObject({ state: 'needs_consent' });
    }
    // Whoever was there in the other's place has used it up; each begins anew.
    await Promise.all([bob, cleo].map(connect));
    for (const [who, name] of [
      [bob, 'bob'],
      [cleo, 'cleo'],
      [ann, 'ann'],
    ] as const)
      expect((await modern(who.token, { name: 'notes-whoami' })).result).toMatchObject({ content: [{ text: name }] });
  });

  it.each<[string, (back: URL) => void, RegExp]>([
    ['a state that is forged', (back) => back.searchParams.set('state', 'forged'), /not begun in this browser/],
    [
      'the name of another issuer',
      (back) => back.searchParams.set('iss', 'https://evil.example'),
      /another authorization server/,
    ],
    [
      'the address of another upstream',
      (back) => {
        back.pathname = `/oauth/callback/${'0'.repeat(32)}`;
      },
      /not begun in this browser/,
    ],
    [
      'the address of clients that were made by hand',
      (back) => {
        back.pathname = '/oauth/callback';
      },
      /not begun in this browser/,
    ],
    ['a code that is forged', (back) => back.searchParams.set('code', 'forged'), /invalid_grant/],
    [
      'an error of another issuer, of which nothing is shown',
      (back) => {
        back.searchParams.set('iss', 'https://evil.example');
        back.searchParams.set('error', 'call_me');
      },
      /^(?!.*call_me).*another authorization server/s,
    ],
  ])(
    'nothing is kept of a consent, and it cannot be tried again, when it comes back with %s',
    async (_what, change, why) => {
      const before = await stateOf(ann.token);
      const back = await begin(ann);
      const changed = new URL(back);
      change(changed);
      const refused = await ann.browser.fetch(changed.href);
      expect(refused.status).toBeGreaterThanOrEqual(400);
      expect(await refused.text()).toMatch(why);
      const isUsedUp =
        changed.searchParams.getAll('state').length === 1 && changed.searchParams.get('state') !== 'forged';
      if (isUsedUp) expect(await (await ann.browser.fetch(back)).text()).toContain('was ended already');
      expect(await stateOf(ann.token)).toEqual(before);
    },
  );

  it('the document of the gateway as a client leads back to the one upstream when an authorization server reads it', async () => {
    const address = `${gateway.url}/oauth/client-metadata/${gatewayId}.json`;
    expect(await (await fetch(address)).json()).toMatchObject({ client_id: address, redirect_uris: [CALLBACK()] });
  });

  it('a way back is refused when it is gone a second time', async () => {
    const back = await connect(ann);
    expect(await (await ann.browser.fetch(back)).text()).toContain('was ended already');
    expect(await stateOf(ann.token)).toMatchObject({ state: 'ok' });
  });

  it('a consent link is refused when another site signs in by it, or whoever opens it does not see the gateway', async () => {
    const body = new URLSearchParams({ email: ann.email, password: PASSWORD });
    const foreign = {
      method: 'POST',
      body,
      headers: { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
    };
    expect((await fetch(link(), foreign)).status).toBe(403);
    const unknown = `${gateway.url}/oauth/authorize/${'0'.repeat(32)}`;
    expect((await ask(ann.token, 'GET', unknown.slice(gateway.url.length))).status).toBe(404);
  });

  it('tokens are renewed once for all calls when they are about to end', async () => {
    consents.lifeS = 5;
    const before = consents.count('POST /token');
    await connect(ann);
    consents.lifeS = 300;
    const first = shown.length;
    const callThrice = async () => {
      const answers = await Promise.all([1, 2, 3].map(() => modern(ann.token, { name: 'notes-whoami' })));
      expect(answers.map(({ result }) => result?.content?.[0]?.text)).toEqual(['ann', 'ann', 'ann']);
      return consents.count('POST /token') - before;
    };
    // The code, and then the refresh token.
    await expect.poll(callThrice, { interval: 200 }).toBe(2);
    expect(await callThrice()).toBe(2);
    const renewed = (token: string) => decoded(token).exp - decoded(token).iat === 300;
    expect(renewed(shown.at(-1)?.token ?? '')).toBe(true);
    expect(
      new Set(
        shown
          .slice(first)
          .map(({ token }) => token)
          .filter(renewed),
      ).size,
    ).toBe(1);
  });

  it('a person is asked for more, once, when the upstream says that their consent covers too little', async () => {
    const eve = await person('eve');
    await connect(eve);
    const whoami = () => modern(eve.token, { name: 'notes-whoami' });
    expect((await whoami()).result).toMatchObject({ content: [{ text: 'eve' }] });
    demanded = 'notes:write';
    try {
      const asked = (await whoami()).result;
      expect(asked).toMatchObject({ inputRequests: { consent: { params: { mode: 'url', url: link() } } } });
      const { result: told } = await modern(eve.token, { name: 'notes-whoami' }, {});
      expect(told).toMatchObject({ isError: true, content: [{ text: expect.stringContaining('notes:write') }] });
      // What they have goes on being good for all else.
      expect(await stateOf(eve.token)).toMatchObject({ state: 'ok' });
      const again = { name: 'notes-whoami', requestState: asked.requestState };
      const going = modern(eve.token, { ...again, inputResponses: { consent: { action: 'accept' } } });
      await connect(eve);
      expect((await going).result).toMatchObject({ content: [{ text: 'eve' }] });
      const { scope } = decoded(shown.at(-1)?.token ?? '');
      expect(scope.split(' ')).toEqual(expect.arrayContaining(['notes:read', 'notes:write']));

      // What was asked for, and not given, is not asked for again.
      demanded = 'notes:admin';
      expect((await whoami()).result).toMatchObject({ inputRequests: { consent: {} } });
      await connect(eve);
      const refused = await whoami();
      expect(JSON.stringify(refused)).toContain('upstream.unauthorised');
      expect(JSON.stringify(refused)).not.toContain(link());
      // Nor from anybody else than who called.
      demanded = '';
      expect((await ask(eve.token, 'GET', '/oauth/connections')).body).toMatchObject([{ state: 'ok' }]);
    } finally {
      demanded = '';
    }
  });

  it('a consent has ended, with the reason, when its grant is not known any more', async () => {
    consents.lifeS = 3;
    await connect(ann);
    consents.lifeS = 300;
    await consents.forgetGrants();
    const needed = async () => (await modern(ann.token, { name: 'notes-whoami' })).result.resultType;
    await expect.poll(needed, { interval: 300 }).toBe('input_required');
    expect(await stateOf(ann.token)).toMatchObject({
      state: 'needs_reauth',
      reason: 'the authorization server says invalid_grant',
    });
  });

  it('the gateway registers itself anew, once for all, when its client is not known any more at the authorization server', async () => {
    const fay = await person('fay');
    consents.lifeS = 3;
    await connect(fay);
    const back = new URL(await connect(ann));
    consents.lifeS = 300;
    expect(back.searchParams.has('code')).toBe(true);
    const registered = consents.count('POST /reg');
    await consents.forgetClients();
    const needed = async (token: string) => (await modern(token, { name: 'notes-whoami' })).result?.resultType;
    await expect.poll(() => needed(ann.token), { interval: 300 }).toBe('input_required');
    expect(await stateOf(ann.token)).toMatchObject({
      state: 'needs_reauth',
      reason: expect.stringContaining('invalid_client'),
    });
    await connect(ann);
    expect(consents.count('POST /reg')).toBe(registered + 1);
    expect((await modern(ann.token, { name: 'notes-whoami' })).result).toMatchObject({ content: [{ text: 'ann' }] });

    // Another finds out of the old one when there is a new one.
    await expect.poll(() => needed(fay.token), { interval: 300 }).toBe('input_required');
    await connect(fay);
    expect(consents.count('POST /reg')).toBe(registered + 1);
    expect((await modern(fay.token, { name: 'notes-whoami' })).result).toMatchObject({ content: [{ text: 'fay' }] });
  });

  it('a consent has ended, with the reason, when the upstream does not take what was just renewed', async () => {
    const issued = consents.count('POST /token');
    consents.lifeS = 3;
    await connect(ann);
    consents.lifeS = 300;
    const renewed = async () => {
      await modern(ann.token, { name: 'notes-whoami' });
      return consents.count('POST /token');
    };
    await expect.poll(renewed, { interval: 200 }).toBe(issued + 2);
    trusts = false;
    try {
      const needed = async () => (await modern(ann.token, { name: 'notes-whoami' })).result?.resultType;
      await expect.poll(needed).toBe('input_required');
    } finally {
      trusts = true;
    }
    expect(await stateOf(ann.token)).toMatchObject({
      state: 'needs_reauth',
      reason: expect.stringContaining('just renewed'),
    });
  });

  it('a session is sent to the URL by the error for it, and hears when the consent is there', async () => {
    const client = await LegacyClient.open({ url: `${gateway.url}/mcp`, token: ann.token }, URL_CAPABLE);
    const stream = await client.listen();
    const { error } = await (await client.call('notes-whoami', {})).answer();
    const told = error?.data?.['elicitations'] as readonly { url: string; elicitationId: string }[] | undefined;
    const [elicitation] = told ?? [];
    expect([error?.code, elicitation?.url]).toEqual([-32042, link()]);
    await connect(ann);
    const done = await stream.hear(({ method }: Said) => method === 'notifications/elicitation/complete');
    expect(done.params).toEqual({ elicitationId: elicitation?.elicitationId });
    expect((await (await client.call('notes-whoami', {})).answer()).result.content[0].text).toBe('ann');
    stream.leave();
    await client.end();
  });

  it('a consent ends at once, here and at its authorization server, when its person ends it', async () => {
    const revocations = consents.count('POST /token/revocation');
    expect((await ask(ann.token, 'DELETE', `/oauth/connections/${gatewayId}`)).status).toBe(200);
    expect(consents.count('POST /token/revocation')).toBe(revocations + 1);
    expect((await modern(ann.token, { name: 'notes-whoami' })).result.resultType).toBe('input_required');
    expect((await ask(ann.token, 'GET', '/oauth/connections')).body).toEqual([]);
    expect((await ask(ann.token, 'DELETE', `/oauth/connections/${gatewayId}`)).status).toBe(404);
  });

  it('a consent ends at its authorization server when its person is removed', async () => {
    const revocations = consents.count('POST /token/revocation');
    const removed = await ask(gateway.adminToken, 'DELETE', `/auth/email/admin/users/${bob.email}`);
    expect([removed.status, consents.count('POST /token/revocation')]).toEqual([204, revocations + 1]);
  });

  it('the gateway registers itself anew when the upstream has moved to another authorization server', async () => {
    const moved = await ConsentServer.start();
    try {
      consents.protectedResource = { resource: upstream.url, authorization_servers: [moved.issuer] };
      ann.browser.known(moved.issuer, 'ann');
      await connect(ann);
      expect([moved.count('POST /reg'), moved.count('POST /token')]).toEqual([1, 1]);
      const { body } = await ask(gateway.adminToken, 'GET', '/oauth/registered-clients');
      expect(body.clients.map(({ issuer }: { issuer: string }) => issuer)).toEqual([consents.issuer, moved.issuer]);
    } finally {
      consents.protectedResource = { resource: upstream.url, authorization_servers: [consents.issuer] };
      await moved.stop();
    }
  });

  it.each<[string, () => void, RegExp]>([
    [
      'is of another issuer',
      () => {
        consents.asMetadata = (all) => ({ ...all, issuer: 'https://evil.example' });
      },
      /another issuer/,
    ],
    [
      'knows no PKCE',
      () => {
        consents.asMetadata = ({ code_challenge_methods_supported: _none, ...all }) => all;
      },
      /PKCE/,
    ],
    [
      'has an endpoint over plain http',
      () => {
        consents.asMetadata = (all) => ({ ...all, token_endpoint: 'http://as.example/t' });
      },
      /token_endpoint with https/,
    ],
    [
      'is that of another resource',
      () => {
        consents.protectedResource = {
          resource: 'https://other.example/mcp',
          authorization_servers: [consents.issuer],
        };
      },
      /another resource/,
    ],
    [
      'leads to an address that is not allowed',
      () => {
        consents.protectedResource = { resource: upstream.url, authorization_servers: ['https://169.254.169.254'] };
      },
      /not allowed/,
    ],
  ])('nobody is sent anywhere when the metadata %s', async (_what, change, why) => {
    const authorizations = consents.count('GET /auth');
    change();
    try {
      const refused = await ask(ann.token, 'GET', `/oauth/authorize/${gatewayId}`);
      expect(refused.text).toMatch(why);
      expect(refused.status).toBeGreaterThanOrEqual(400);
      expect(consents.count('GET /auth')).toBe(authorizations);
    } finally {
      consents.asMetadata = (all) => all;
      consents.protectedResource = { resource: upstream.url, authorization_servers: [consents.issuer] };
    }
  });

  it('nothing secret of a consent is logged, or stands in the audit trail', async () => {
    const trail = (await ask(gateway.adminToken, 'GET', '/audit?resource_type=upstream_consent&limit=100')).text;
    const secrets = [...new Set(shown.map(({ token }) => token)), ...consents.secrets];
    expect(secrets.length).toBeGreaterThan(10);
    const logs = gateway.logs();
    expect(secrets.filter((secret) => logs.includes(secret) || trail.includes(secret))).toEqual([]);
    expect(trail).toContain('upstream_consent');
  });

  it('whoever uses the console connects, disconnects and connects again on a page without findings', async () => {
    await connect(ann);
    const chromium = await launchBrowser();
    try {
      const tab = await ConsolePage.open(chromium, { viewport: { width: 1280, height: 860 } });
      const { page } = tab;
      await page.context().addCookies([{ name: 'person', value: 'ann', url: consents.issuer }]);
      await page.goto(`${gateway.url}/admin/#/connections`);
      await page.getByLabel('E-mail').fill(ann.email);
      await page.getByLabel('Password').fill(PASSWORD);
      await page.keyboard.press('Enter');
      const row = page.getByRole('row', { name: /Notes/ });
      const connectAgain = async (label: RegExp): Promise<void> => {
        await row.getByRole('button', { name: label }).click();
        await page.waitForURL(`${CALLBACK()}*`);
        await page.getByText('Connected', { exact: false }).first().waitFor();
        await page.goto(`${gateway.url}/admin/#/connections`);
        await row.getByText('Connected', { exact: true }).waitFor();
      };
      await row.getByText('Connected', { exact: true }).waitFor();
      await row.getByRole('button', { name: /^Disconnect/ }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Disconnect' }).click();
      await row.getByText('Not connected').waitFor();
      expect(await stateOf(ann.token)).toMatchObject({ state: 'needs_consent' });
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        expect(await tab.findings(), colorScheme).toEqual([]);
      }
      await page.setViewportSize({ width: 360, height: 740 });
      expect(await tab.overflow()).toBeLessThanOrEqual(0);
      await connectAgain(/^Connect /);
      expect(await stateOf(ann.token)).toMatchObject({ state: 'ok' });
      expect(tab.takeTroubles()).toEqual([]);
    } finally {
      await chromium.close();
    }
  });

  it('the command line lists connections, says where to connect, and disconnects', async () => {
    const run = async (...args: string[]): Promise<string> => {
      let written = '';
      const spy = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
        written += String(text);
        return true;
      });
      const at = ['--url', gateway.url, '--token', ann.token];
      await connectionsCommand()
        .exitOverride()
        .parseAsync([...args, ...at], { from: 'user' })
        .finally(() => spy.mockRestore());
      return written;
    };
    expect(JSON.parse(await run('ls', '--json'))).toMatchObject([{ gateway_name: 'Notes', state: 'ok', reason: null }]);
    expect((await run('connect', 'Notes')).trim()).toBe(link());
    expect(await run('disconnect', 'Notes')).toContain('disconnected');
    expect(JSON.parse(await run('ls', '--json'))).toMatchObject([{ gateway_name: 'Notes', state: 'needs_consent' }]);
    await expect(run('disconnect', 'Notes')).rejects.toThrow(/you have no connection/);
  });
});
