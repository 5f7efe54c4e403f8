import { describe, expect, it } from 'vitest';
import type { OAuthClient } from '#contracts/auth/oauth/oauth-client';
import type { Bus } from '#libs/bus';
import { fail } from '#libs/errors';
import { findConsentPlace } from './consent-place.js';

const UPSTREAM = 'https://notes.example/mcp';
const AT_PATH = 'https://notes.example/.well-known/oauth-protected-resource/mcp';
const AT_ROOT = 'https://notes.example/.well-known/oauth-protected-resource';
const SERVER = 'https://as.example';
const IN_8414 = '/.well-known/oauth-authorization-server';
const IN_OIDC = '/.well-known/openid-configuration';

type Web = Readonly<Record<string, object | string | number>>;

const resource = (more: object = {}) => ({ resource: UPSTREAM, authorization_servers: [SERVER], ...more });
const metadata = (issuer: string, more: object = {}) => ({
  issuer,
  authorization_endpoint: `${SERVER}/authorize`,
  token_endpoint: `${SERVER}/token`,
  code_challenge_methods_supported: ['S256'],
  ...more,
});

/** A number is the status of an address, all others of which there is nothing are 404. */
const find = async (challenge: string | null, web: Web, told: object = {}) => {
  const asked: string[] = [];
  const bus = {
    ask: async (contract: { subject: string }, { url }: { url: string }) => {
      if (contract.subject.endsWith('challenge.read')) return { head: { status: 401, challenge } };
      asked.push(url);
      const found = web[url] ?? 404;
      if (typeof found !== 'number')
        return { head: {}, body: typeof found === 'string' ? found : JSON.stringify(found) };
      const code = found < 500 ? 'upstream.invalid_answer' : 'upstream.unreachable';
      throw fail(code, { data: { status: found } });
    },
  } as unknown as Bus;
  const facts = { upstreamUrl: UPSTREAM, issuer: null, tokenUrl: null, scopes: [], resource: UPSTREAM, ...told };
  const place = await findConsentPlace(facts as unknown as OAuthClient, undefined, bus);
  return { place, asked };
};

describe('where people consent, as odd servers say it', () => {
  it.each<[string, string | null, Web]>([
    ['no challenge, and metadata by its path', null, { [AT_PATH]: resource() }],
    ['a challenge without its metadata, which is at the root', 'Bearer', { [AT_ROOT]: resource() }],
    [
      'metadata that is not where its challenge says',
      'Bearer resource_metadata="https://notes.example/gone"',
      { [AT_PATH]: resource() },
    ],
    [
      'metadata that fails where its challenge says',
      'Bearer resource_metadata="https://notes.example/down"',
      { 'https://notes.example/down': 503, [AT_PATH]: resource() },
    ],
    [
      'a challenge of another scheme before its own',
      'Basic realm="a", Bearer resource_metadata="https://notes.example/own"',
      { 'https://notes.example/own': resource() },
    ],
    [
      'a relative address in its challenge',
      'Bearer resource_metadata="/own"',
      { 'https://notes.example/own': resource() },
    ],
    [
      'a first authorization server that is dead',
      null,
      {
        [AT_PATH]: resource({ authorization_servers: ['https://dead.example', SERVER] }),
        [`https://dead.example${IN_8414}`]: 502,
      },
    ],
    ['metadata that an error page hides', null, { [AT_PATH]: resource(), [`${SERVER}${IN_8414}`]: '<html>' }],
    [
      'metadata in its second document, as the first answers 502',
      null,
      {
        [AT_PATH]: resource(),
        [`${SERVER}${IN_8414}`]: 502,
      },
    ],
    [
      'metadata in its second document, as the first answers 500',
      null,
      {
        [AT_PATH]: resource(),
        [`${SERVER}${IN_8414}`]: 500,
      },
    ],
    [
      'a slash behind the name that its upstream gives it',
      null,
      {
        [AT_PATH]: resource({ authorization_servers: [`${SERVER}/`] }),
      },
    ],
    [
      'a slash behind its own name',
      null,
      {
        [AT_PATH]: resource(),
        [`${SERVER}${IN_8414}`]: metadata(`${SERVER}/`),
      },
    ],
  ])('a consent is asked for at the right place when an upstream has %s', async (_what, challenge, web) => {
    const { place } = await find(challenge, { [`${SERVER}${IN_OIDC}`]: metadata(SERVER), ...web });
    expect(place).toMatchObject({ authorizationUrl: `${SERVER}/authorize`, resource: UPSTREAM });
  });

  it('a consent is asked for at the origin of an upstream when nothing says another place', async () => {
    const own = 'https://notes.example';
    const { place } = await find('Bearer scope="notes:read"', { [`${own}${IN_8414}`]: metadata(own) });
    expect(place).toMatchObject({ issuer: own, scopes: ['notes:read'], resource: UPSTREAM });
  });

  it.each(['https://notes.example', 'https://notes.example/', `${UPSTREAM}/`])(
    'a token is asked for as an upstream calls itself when that is %s',
    async (name) => {
      const web = { [AT_PATH]: resource({ resource: name }), [`${SERVER}${IN_8414}`]: metadata(SERVER) };
      expect((await find(null, web)).place.resource).toBe(name);
    },
  );

  it.each<[string, object]>([
    ['a path beside', { resource: 'https://notes.example/other' }],
    ['another name of the machine', { resource: 'https://127.0.0.1/mcp' }],
    ['no name', { resource: undefined }],
  ])('nobody is sent anywhere when an upstream calls itself by %s', async (_what, more) => {
    const web = { [AT_PATH]: resource(more), [`${SERVER}${IN_8414}`]: metadata(SERVER) };
    await expect(find(null, web)).rejects.toThrow('is that of another resource');
  });

  it.each<[string, Web, RegExp]>([
    [
      'has no metadata, though it has a path',
      { [AT_PATH]: resource({ authorization_servers: [`${SERVER}/t1`] }) },
      /no metadata/,
    ],
    [
      'knows plain PKCE alone',
      {
        [AT_PATH]: resource(),
        [`${SERVER}${IN_8414}`]: metadata(SERVER, { code_challenge_methods_supported: ['plain'] }),
      },
      /PKCE with S256/,
    ],
    [
      'does not say that it knows PKCE',
      {
        [AT_PATH]: resource(),
        [`${SERVER}${IN_8414}`]: metadata(SERVER, { code_challenge_methods_supported: undefined }),
      },
      /PKCE with S256/,
    ],
    [
      'answers 500 at each place',
      { [AT_PATH]: resource(), ...Object.fromEntries([IN_8414, IN_OIDC].map((at) => [`${SERVER}${at}`, 500])) },
      /cannot be reached/,
    ],
  ])('nobody is sent anywhere when the authorization server %s', async (_what, web, why) => {
    await expect(find(null, web)).rejects.toThrow(why);
  });

  it('an authorization server that calls itself by another name is taken when the operator says so, as Atlassian needs', async () => {
    const server = 'https://mcp.atlassian.example';
    const issuer = 'https://cf.mcp.atlassian.example';
    const web = {
      [AT_PATH]: resource({ authorization_servers: [server] }),
      [`${server}${IN_8414}`]: metadata(issuer, { token_endpoint: `${issuer}/v1/token` }),
    };
    await expect(find(null, web)).rejects.toThrow('names another issuer');
    await expect(find(null, web, { authorizationServer: server, issuer: server })).rejects.toThrow('another issuer');
    const { place } = await find(null, web, { authorizationServer: server, issuer });
    expect(place).toMatchObject({ issuer, tokenUrl: `${issuer}/v1/token`, resource: UPSTREAM });
  });

  it('no place is looked at beyond the path of an authorization server when it has one', async () => {
    const web = {
      [AT_PATH]: resource({ authorization_servers: [`${SERVER}/t1`] }),
      [`${SERVER}/t1${IN_OIDC}`]: metadata(`${SERVER}/t1`),
      [`${SERVER}${IN_8414}`]: metadata(SERVER),
    };
    const { asked, place } = await find(null, web);
    expect(place.issuer).toBe(`${SERVER}/t1`);
    expect(asked.slice(1)).toEqual([`${SERVER}${IN_8414}/t1`, `${SERVER}${IN_OIDC}/t1`, `${SERVER}/t1${IN_OIDC}`]);
  });

  it.each<[string, string | null, object, readonly string[]]>([
    [
      'its challenge names',
      'Bearer scope="notes:read"',
      { scopes_supported: ['notes:read', 'notes:write'] },
      ['notes:read'],
    ],
    [
      'its metadata names, where the challenge names none',
      'Bearer',
      { scopes_supported: ['notes:write'] },
      ['notes:write'],
    ],
    ['nobody names', 'Bearer', {}, []],
  ])('a consent is asked for with the scopes that %s', async (_what, challenge, more, scopes) => {
    const server = { [`${SERVER}${IN_8414}`]: metadata(SERVER, { scopes_supported: ['offline_access'] }) };
    const { place } = await find(challenge, { [AT_PATH]: resource(more), ...server });
    expect(place.scopes).toEqual(scopes.length === 0 ? [] : [...scopes, 'offline_access']);
  });
});
