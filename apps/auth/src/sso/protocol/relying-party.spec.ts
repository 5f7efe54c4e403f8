import { SignJWT, exportJWK, generateKeyPair } from 'jose';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Bus } from '#libs/bus';
import { FetchDocument } from '#contracts/tool-invocation/web/fetch-document.request';
import { fail } from '#libs/errors';
import { createLogger } from '#libs/telemetry';
import { describedProvider } from '../providers/sso-provider.js';
import { RelyingParty } from './relying-party.js';

const TENANT = '11111111-2222-3333-4444-555555555555';
const COMMON = 'https://login.microsoftonline.com/organizations/v2.0';
const REDIRECT = 'https://mcp.example.org/auth/sso/callback/x';

let key: Awaited<ReturnType<typeof generateKeyPair>>;
/** What the web answers, by address. */
let web: Record<string, unknown>;
let asked: { readonly url: string; readonly authorization: string | null; readonly form: string }[];

beforeAll(async () => {
  key = await generateKeyPair('RS256', { extractable: true });
});
beforeEach(() => {
  web = {};
  asked = [];
});

/** A recorded web in place of tool-invocation, which alone reaches the real one. */
const bus = {
  ask: async (contract: object, request: Record<string, unknown>, options: { body?: string }) => {
    const url = String(request['url']);
    const shown = request['credential'] as { headers?: Record<string, string> } | undefined;
    const authorization = request['authorization'] ?? shown?.headers?.['Authorization'] ?? null;
    asked.push({ url, authorization: authorization as string | null, form: options.body ?? '' });
    const answer = web[url];
    if (answer === undefined) throw fail('upstream.unreachable');
    const body = Buffer.from(JSON.stringify(answer));
    return { head: contract === FetchDocument ? { bytes: body.length } : { status: 200 }, body };
  },
} as unknown as Bus;

const party = () => new RelyingParty(bus, createLogger({ service: 'auth', level: 'silent' }));

const sign = (claims: object): Promise<string> =>
  new SignJWT({ ...claims })
    .setProtectedHeader({ alg: 'RS256', kid: 'k1' })
    .setIssuedAt()
    .setExpirationTime('5m')
    .sign(key.privateKey);

/** Metadata and keys of a provider, in the web. */
const publish = async (base: string, issuer = base, more: object = {}): Promise<void> => {
  web[`${base}/.well-known/openid-configuration`] = {
    issuer,
    authorization_endpoint: `${base}/authorize`,
    token_endpoint: `${base}/token`,
    jwks_uri: `${base}/keys`,
    ...more,
  };
  web[`${base}/keys`] = { keys: [{ ...(await exportJWK(key.publicKey)), kid: 'k1', use: 'sig', alg: 'RS256' }] };
};

const known = (more: object) => ({
  provider: describedProvider({ id: 'x', clientId: 'gateway', domains: ['*'], ...more }),
  secret: 'a secret',
  version: '1',
});

/** Signs in; `answer` makes the answer of the token endpoint of what was asked. */
const signIn = async (
  provider: ReturnType<typeof known>,
  tokenUrl: string,
  answer: (nonce: string) => Promise<object>,
) => {
  const relying = party();
  const { url, challenge } = await relying.begin(provider, REDIRECT);
  web[tokenUrl] = await answer(challenge.nonce);
  const callback = new URL(`${REDIRECT}?code=c&state=${challenge.state}`);
  return { url, claims: await relying.finish(provider, callback, challenge) };
};

const bearer = (id_token: string, access_token = 'opaque') => ({
  access_token,
  token_type: 'Bearer',
  expires_in: 300,
  id_token,
});

describe('RelyingParty', () => {
  it('RelyingParty takes the issuer of the tenant when the metadata of Entra has a template', async () => {
    const entra = known({ preset: 'entra', issuer: COMMON, tenants: [TENANT] });
    await publish(COMMON, 'https://login.microsoftonline.com/{tenantid}/v2.0');
    const iss = `https://login.microsoftonline.com/${TENANT}/v2.0`;
    const idToken = (claims: object) => async (nonce: string) =>
      bearer(await sign({ iss, aud: 'gateway', sub: 's', tid: TENANT, nonce, ...claims }));

    const { url, claims } = await signIn(entra, `${COMMON}/token`, idToken({ groups: ['g1'] }));
    expect(url.searchParams.get('code_challenge_method')).toBe('S256');
    expect(claims).toMatchObject({ iss, tid: TENANT, groups: ['g1'] });
    await expect(
      signIn(entra, `${COMMON}/token`, idToken({ iss: 'https://login.microsoftonline.com/other/v2.0' })),
    ).rejects.toMatchObject({ code: 'auth.sign_in_refused' });
  });

  it('RelyingParty asks Microsoft Graph when groups are too many for a token, and sends the token nowhere else', async () => {
    const issuer = `https://login.microsoftonline.com/${TENANT}/v2.0`;
    const entra = known({ preset: 'entra', issuer, rules: [{ claim: 'groups', value: 'g3' }] });
    await publish(issuer);
    const first = 'https://graph.microsoft.com/v1.0/me/transitiveMemberOf/microsoft.graph.group?$select=id&$top=999';
    const next = 'https://graph.microsoft.com/v1.0/me/next';
    const overage = async (nonce: string) =>
      bearer(
        await sign({
          iss: issuer,
          aud: 'gateway',
          sub: 's',
          nonce,
          _claim_names: { groups: 'src1' },
          _claim_sources: { src1: { endpoint: 'https://graph.windows.net/x/users/y/getMemberObjects' } },
        }),
        'graph token',
      );
    web[first] = { value: [{ id: 'g1' }, { id: 'g2' }], '@odata.nextLink': next };
    web[next] = { value: [{ id: 'g3' }] };
    expect((await signIn(entra, `${issuer}/token`, overage)).claims).toMatchObject({ groups: ['g1', 'g2', 'g3'] });
    expect(asked.filter(({ authorization }) => authorization === 'Bearer graph token').map(({ url }) => url)).toEqual([
      first,
      next,
    ]);

    web[first] = { value: [], '@odata.nextLink': 'https://evil.example/' };
    await expect(signIn(entra, `${issuer}/token`, overage)).rejects.toMatchObject({ code: 'auth.sign_in_refused' });
    expect(asked.some(({ url }) => url.includes('evil'))).toBe(false);
  });

  it('RelyingParty reads roles out of the access token when the provider is Keycloak, and of the same user alone', async () => {
    const issuer = 'https://idp.example.org/realms/acme';
    const keycloak = known({ preset: 'keycloak', issuer });
    await publish(issuer);
    const both = (sub: string) => async (nonce: string) => {
      const said = { email: 'ann@example.org', email_verified: true };
      const access = await sign({
        iss: issuer,
        sub,
        typ: 'Bearer',
        realm_access: { roles: ['mcp-admin'] },
        email: 'x@y.z',
      });
      return bearer(await sign({ iss: issuer, aud: 'gateway', sub: 's', nonce, typ: 'ID', ...said }), access);
    };
    const { claims } = await signIn(keycloak, `${issuer}/token`, both('s'));
    expect(claims).toMatchObject({ realm_access: { roles: ['mcp-admin'] }, email: 'ann@example.org', typ: 'ID' });
    expect((await signIn(keycloak, `${issuer}/token`, both('other'))).claims).not.toHaveProperty('realm_access');
  });

  it('RelyingParty asks for userinfo when Okta leaves groups or addresses out of the ID token', async () => {
    const issuer = 'https://acme.okta.com';
    const okta = known({ preset: 'okta', issuer, rules: [{ claim: 'groups', value: 'eng' }] });
    await publish(issuer, issuer, { userinfo_endpoint: `${issuer}/userinfo` });
    web[`${issuer}/userinfo`] = {
      sub: 's',
      email: 'ann@example.org',
      email_verified: true,
      groups: ['Everyone', 'eng'],
    };
    const thin = async (nonce: string) => bearer(await sign({ iss: issuer, aud: 'gateway', sub: 's', nonce }));
    const { claims } = await signIn(okta, `${issuer}/token`, thin);
    expect(claims).toMatchObject({ email: 'ann@example.org', groups: ['Everyone', 'eng'] });

    web[`${issuer}/userinfo`] = { sub: 'somebody else', email: 'boss@example.org', email_verified: true };
    await expect(signIn(okta, `${issuer}/token`, thin)).rejects.toMatchObject({ code: 'auth.sign_in_refused' });
  });

  it('RelyingParty asks GitHub for user, addresses, organisations and teams, as it has no ID token', async () => {
    const github = known({ preset: 'github', rules: [{ claim: 'groups', value: 'acme/platform' }] });
    const api = 'https://api.github.com/user';
    web[api] = { id: 583231, login: 'ann', name: 'Ann' };
    web[`${api}/emails?per_page=100&page=1`] = [{ email: 'ann@example.org', primary: true, verified: true }];
    web[`${api}/orgs?per_page=100&page=1`] = [{ login: 'acme' }];
    web[`${api}/teams?per_page=100&page=1`] = [{ slug: 'platform', organization: { login: 'acme' } }];
    const tokenUrl = 'https://github.com/login/oauth/access_token';
    const answer = async () => ({
      access_token: 'gho_x',
      token_type: 'bearer',
      scope: 'read:org,read:user,user:email',
    });
    const { url, claims } = await signIn(github, tokenUrl, answer);
    expect(`${url.origin}${url.pathname}`).toBe('https://github.com/login/oauth/authorize');
    expect(url.searchParams.has('nonce')).toBe(false);
    expect(claims).toMatchObject({ sub: '583231', groups: ['acme', 'acme/platform'], emails: [{ primary: true }] });
    expect(asked.find(({ url: at }) => at === tokenUrl)?.form).toContain('client_secret=a+secret');

    // It answers failures with 200.
    await expect(
      signIn(github, tokenUrl, async () => ({ error: 'bad_verification_code', error_description: 'expired' })),
    ).rejects.toMatchObject({ code: 'auth.sign_in_refused' });
  });

  it('RelyingParty names the domain to Google when there is one', async () => {
    const issuer = 'https://accounts.google.com';
    await publish(issuer);
    const { url } = await party().begin(known({ preset: 'google', domains: ['example.org'] }), REDIRECT);
    expect(url.searchParams.get('hd')).toBe('example.org');
  });

  it.each<[string, object]>([
    ['a nonce of another sign-in', { nonce: 'another' }],
    ['another audience', { aud: 'somebody else' }],
    ['another issuer', { iss: 'https://evil.example' }],
    ['a time that is over', { exp: 1_000 }],
  ])('RelyingParty refuses an ID token that has %s', async (_what, bent) => {
    const issuer = 'https://idp.example.org';
    await publish(issuer);
    const idToken = async (nonce: string) => {
      const claims = {
        iss: issuer,
        aud: 'gateway',
        sub: 's',
        nonce,
        iat: 900,
        exp: Math.floor(Date.now() / 1000) + 60,
      };
      const token = new SignJWT({ ...claims, iat: Math.floor(Date.now() / 1000), ...bent });
      return bearer(await token.setProtectedHeader({ alg: 'RS256', kid: 'k1' }).sign(key.privateKey));
    };
    await expect(signIn(known({ issuer }), `${issuer}/token`, idToken)).rejects.toMatchObject({
      code: 'auth.sign_in_refused',
    });
  });

  it('RelyingParty refuses an ID token that another key signed', async () => {
    const issuer = 'https://idp.example.org';
    await publish(issuer);
    const other = await generateKeyPair('RS256');
    const idToken = async (nonce: string) => {
      const token = new SignJWT({ iss: issuer, aud: 'gateway', sub: 's', nonce }).setIssuedAt().setExpirationTime('5m');
      return bearer(await token.setProtectedHeader({ alg: 'RS256', kid: 'k1' }).sign(other.privateKey));
    };
    await expect(signIn(known({ issuer }), `${issuer}/token`, idToken)).rejects.toMatchObject({
      code: 'auth.sign_in_refused',
    });
  });

  it('RelyingParty says that a provider is away, and asks it anew the next time', async () => {
    const issuer = 'https://idp.example.org';
    const relying = party();
    await expect(relying.begin(known({ issuer }), REDIRECT)).rejects.toMatchObject({
      code: 'auth.provider_unavailable',
    });
    await publish(issuer);
    expect((await relying.begin(known({ issuer }), REDIRECT)).url.origin).toBe(issuer);
  });
});
