import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { authService } from '../../auth/src/index.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FetchDocument } from '#contracts/tool-invocation/web/fetch-document.request';
import { WithBody } from '#libs/bus';
import { fail } from '#libs/errors';
import { type RunningService, startService } from '#libs/service';
import { createLogger } from '#libs/telemetry';
import { freePort, temporaryFolder } from '#libs/testing';
import { OAuthClient } from './sign-in/oauth-client.js';
import { Person } from './sign-in/person.js';

const ADMIN = 'admin@example.com';
const PASSWORD = `pw ${randomBytes(12).toString('hex')}`;
const REDIRECT = 'http://localhost:43123/callback';

/** What is on the web, by its address: a document, or the failure of fetching it as tool-invocation has it. */
const web = new Map<string, object | string | Error>();
const fetched: string[] = [];

let folder: string;
let auth: RunningService;

/** Puts a document on the web, and answers a client that is known by it. */
const clientBy = (change: (address: string, document: Record<string, unknown>) => unknown): OAuthClient => {
  const address = `https://client.example/${crypto.randomUUID()}.json`;
  const document = { client_id: address, client_name: 'An agent', redirect_uris: ['http://localhost/callback'] };
  web.set(address, change(address, document) as object);
  return OAuthClient.known(auth.url, address);
};

const person = () => new Person(ADMIN, PASSWORD);

beforeAll(async () => {
  folder = temporaryFolder('client-documents');
  const port = await freePort();
  auth = await startService({
    parts: [authService],
    env: {
      SWITCHYARD_DATA_DIR: folder,
      HOST: '127.0.0.1',
      PORT: String(port),
      PUBLIC_URL: `http://127.0.0.1:${port}`,
      PLATFORM_ADMIN_PASSWORD: PASSWORD,
    },
    logger: createLogger({ service: 'auth', level: 'silent' }),
  });
  // Only what is outside is one: no setting has strangers' documents fetched from this machine.
  auth.bus.answer(FetchDocument, async ({ url, isStrangers }) => {
    fetched.push(url);
    const found = web.get(url);
    if (isStrangers !== true || found === undefined) throw fail('upstream.invalid_answer', { data: { status: 404 } });
    if (found instanceof Error) throw found;
    const text = typeof found === 'string' ? found : JSON.stringify(found);
    return new WithBody({ bytes: text.length }, text);
  });
});
afterAll(async () => {
  await auth?.stop();
  await rm(folder, { recursive: true, force: true });
});

describe('a client that is known by its document', () => {
  it('a client signs in by a document with another port of this machine, and its page names who asks and where the answer goes', async () => {
    const client = clientBy((_address, document) => document);
    const who = person();
    const answer = await client.authorize(who, { redirect_uri: REDIRECT });
    expect(answer.get('iss')).toBe(auth.url);
    const { status, body } = await client.redeem(String(answer.get('code')), { redirect_uri: REDIRECT });
    expect([status, body['token_type']]).toEqual([200, 'Bearer']);
    expect(body).toHaveProperty('refresh_token');
    for (const text of ['An agent', 'localhost:43123']) expect(who.pages[0]?.html).toContain(text);
    expect(fetched).toContain(client.id);
  });

  it.each<[string, (address: string, document: Record<string, unknown>) => unknown, Record<string, string>?]>([
    ['says that it is another', (_address, document) => ({ ...document, client_id: 'https://other.example/c.json' })],
    ['says nothing of who it is', (_address, { client_id: _id, ...document }) => document],
    [
      'does not name where the answer is to go',
      (_address, document) => document,
      { redirect_uri: 'https://evil.example/' },
    ],
    [
      'has the answer go elsewhere on this machine',
      (_address, document) => document,
      { redirect_uri: 'http://localhost:43123/other' },
    ],
    ['names no place for answers', (_address, { redirect_uris: _uris, ...document }) => document],
    [
      'leads answers over plain http',
      (_address, document) => ({ ...document, redirect_uris: ['http://evil.example/'] }),
      { redirect_uri: 'http://evil.example/' },
    ],
    [
      'leads answers to a script',
      (_address, document) => ({ ...document, redirect_uris: ['javascript:alert(1)'] }),
      { redirect_uri: 'javascript:alert(1)' },
    ],
    [
      'holds a secret',
      (_address, document) => ({ ...document, token_endpoint_auth_method: 'client_secret_basic', client_secret: 'x' }),
    ],
    ['is too large', () => fail('upstream.too_large')],
    ['leads elsewhere', () => fail('upstream.invalid_answer', { message: 'HTTP 302', data: { status: 302 } })],
    ['takes too long', () => fail('bus.timed_out')],
    ['is where nobody may go', () => fail('upstream.refused')],
    ['is no JSON', () => '<html>'],
    ['is a list', () => []],
    ['is nothing', () => 'null'],
  ])('nobody is sent to a client, or asked for a password, when its document %s', async (_what, change, more = {}) => {
    const client = clientBy(change);
    const response = await person().fetch(client.authorizationUrl({ redirect_uri: REDIRECT, ...more }));
    const html = await response.text();
    expect([response.status >= 400, response.headers.get('location')]).toEqual([true, null]);
    expect(html).not.toContain('name="password"');
    expect(html).not.toContain('evil.example/"');
  });

  it.each(['http://client.example/c.json', 'https://user@client.example/c.json', 'https://client.example/c.json#x'])(
    'nothing is fetched when a client calls itself %s',
    async (id) => {
      const before = fetched.length;
      const client = OAuthClient.known(auth.url, id);
      expect((await person().fetch(client.authorizationUrl({ redirect_uri: REDIRECT }))).status).toBeGreaterThan(399);
      expect(fetched).toHaveLength(before);
    },
  );
});
