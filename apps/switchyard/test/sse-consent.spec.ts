import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFailed } from 'vitest';
import { type Gateway, startGateway } from '#libs/testing';
import { Browser } from './upstream-consent/browser.js';
import { ConsentServer } from './upstream-consent/consent-server.js';
import { SseUpstream } from './upstream-consent/sse-upstream.js';

const PASSWORD = 'correct horse battery staple 7';

let consents: ConsentServer;
let upstream: SseUpstream;
let gateway: Gateway;
/** What tokens have to cover. */
let demanded = 'notes:read';

interface Claims {
  readonly aud: string;
  readonly exp: number;
  readonly sub: string;
  readonly scope: string;
}

const claimsOf = (authorization: string | undefined): Claims | null => {
  const [, payload] = /^Bearer [^.]+\.([^.]+)\./.exec(authorization ?? '') ?? [];
  return payload === undefined ? null : (JSON.parse(Buffer.from(payload, 'base64url').toString()) as Claims);
};

beforeAll(async () => {
  consents = await ConsentServer.start();
  upstream = await SseUpstream.start((request, response) => {
    const claims = claimsOf(request.headers.authorization);
    const refuse = (status: number, challenge: string): null => {
      const found = `${challenge}, resource_metadata="${consents.resourceMetadata}"`;
      response.writeHead(status, { 'www-authenticate': found }).end();
      return null;
    };
    if (claims === null || claims.aud !== upstream.url || claims.exp * 1_000 < Date.now())
      return refuse(401, 'Bearer scope="notes:read"');
    if (!claims.scope.split(' ').includes(demanded))
      return refuse(403, `Bearer error="insufficient_scope", scope="${demanded}"`);
    return claims.sub;
  });
  consents.protectedResource = { resource: upstream.url, authorization_servers: [consents.issuer] };
  gateway = await startGateway({ mode: 'embedded', env: { PLATFORM_ADMIN_FIRST_PASSWORD: PASSWORD } });
});
afterAll(async () => {
  await gateway?.stop();
  await upstream?.stop();
  await consents?.stop();
});
beforeEach(() => onTestFailed(() => console.error(gateway.logs().slice(-4_000))));

const ask = async (token: string, method: string, path: string, body?: object) => {
  const response = await fetch(`${gateway.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, text, body: text === '' ? null : JSON.parse(text) };
};

interface Person {
  readonly name: string;
  readonly token: string;
  readonly browser: Browser;
}

const person = async (name: string): Promise<Person> => {
  const email = `${name}@example.com`;
  await gateway.admin.call('POST', '/auth/email/admin/users', { email, password: PASSWORD });
  const browser = new Browser(email, PASSWORD).known(consents.issuer, name);
  return { name, browser, token: await gateway.tokenFor({ email }) };
};

const connect = async ({ token, browser }: Omit<Person, 'name'>, id: string): Promise<void> => {
  const headers = { authorization: `Bearer ${token}` };
  const callback = `${gateway.url}/oauth/callback/${id}`;
  const back = await browser.follow(`${gateway.url}/oauth/authorize/${id}`, callback, headers);
  expect((await browser.fetch(back)).status).toBe(200);
};

const whoami = async ({ token }: Pick<Person, 'token'>): Promise<string> => {
  const params = { name: 'old-notes-whoami', arguments: {} };
  return (await ask(token, 'POST', '/rpc', { jsonrpc: '2.0', id: 1, method: 'tools/call', params })).text;
};

describe('an upstream over HTTP+SSE whose stream is opened with a token alone', () => {
  it('an upstream says what it wants when it is registered over HTTP+SSE without a credential', async () => {
    const notes = { name: 'Old notes', transport: 'SSE', url: upstream.url };
    const refused = await ask(gateway.adminToken, 'POST', '/gateways', notes);
    expect([refused.status, refused.body.code]).toEqual([502, 'upstream.unauthorised']);
    for (const said of [consents.issuer, 'notes:read', 'authorization_code']) expect(refused.text).toContain(said);
  });

  it('a caller consents, and to more, when the GET of HTTP+SSE is answered with a challenge', async () => {
    const made = await ask(gateway.adminToken, 'POST', '/gateways', {
      name: 'Old notes',
      transport: 'SSE',
      visibility: 'public',
      url: upstream.url,
      auth_type: 'oauth',
      oauth_config: { grant_type: 'authorization_code' },
    });
    expect(made).toMatchObject({ status: 201, body: { enabled: false } });
    const { id } = made.body;
    const link = `${gateway.url}/oauth/authorize/${id}`;
    const registrar = new Browser('admin@example.com', PASSWORD).known(consents.issuer, 'admin');
    await connect({ token: gateway.adminToken, browser: registrar }, id);
    await expect.poll(async () => (await ask(gateway.adminToken, 'GET', `/gateways/${id}`)).body.enabled).toBe(true);

    const [ann, bob] = [await person('ann'), await person('bob')];
    expect(await whoami(ann)).toContain(link);
    await connect(ann, id);
    expect(await whoami(ann)).toContain('"text":"ann"');

    await connect(bob, id);
    demanded = 'notes:write';
    const asked = await whoami(bob);
    expect(asked).toContain(link);
    expect(asked).toContain('notes:write');
    await connect(bob, id);
    expect(await whoami(bob)).toContain('"text":"bob"');
  });
});
