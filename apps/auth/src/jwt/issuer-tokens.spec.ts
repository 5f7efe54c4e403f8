import { createHmac, randomUUID } from 'node:crypto';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CryptoKey, type JWK, SignJWT, exportJWK, exportSPKI, generateKeyPair } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parseTrustedIssuers } from '#contracts/auth/trusted-issuers';
import { IssuerKeys } from './issuer-keys.js';
import { IssuerTokens } from './issuer-tokens.js';

interface Key {
  readonly sign: CryptoKey;
  readonly verify: CryptoKey;
  readonly jwk: JWK;
}

const PUBLIC_URL = 'https://mcp.example.org';
let server: Server;
let issuer: string;
let first: Key;
let second: Key;
/** What the issuer shows: its keys, and metadata where it has any. */
let shown: { keys: JWK[]; metadata: object | null; status: number; fetches: number };

const keyOf = async (kid: string): Promise<Key> => {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
  return { sign: privateKey, verify: publicKey, jwk: { ...(await exportJWK(publicKey)), kid, use: 'sig' } };
};

beforeAll(async () => {
  first = await keyOf('one');
  second = await keyOf('two');
  server = createServer(({ url }, response) => {
    const isKeys = url === '/keys';
    if (isKeys) shown.fetches += 1;
    const body = isKeys ? { keys: shown.keys } : shown.metadata;
    response.writeHead(body === null ? 404 : shown.status).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}/realm`;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));
beforeEach(() => {
  const metadata = { issuer, jwks_uri: issuer.replace('/realm', '/keys') };
  shown = { keys: [first.jwk], metadata, status: 200, fetches: 0 };
});

const trusting = (more: object = {}): IssuerTokens =>
  new IssuerTokens(
    PUBLIC_URL,
    parseTrustedIssuers(JSON.stringify([{ issuer, domains: ['example.org'], ...more }])).map((trusted) => ({
      issuer: trusted,
      find: new IssuerKeys(trusted).find,
    })),
  );

const nowS = (): number => Math.floor(Date.now() / 1000);

const sign = (claims: object = {}, { key = first, header = {} }: { key?: Key; header?: object } = {}) =>
  new SignJWT({
    iss: issuer,
    aud: `${PUBLIC_URL}/mcp`,
    sub: 'u1',
    email: 'Ann@Example.org',
    jti: randomUUID(),
    iat: nowS(),
    exp: nowS() + 300,
    ...claims,
  })
    .setProtectedHeader({ alg: 'ES256', kid: key.jwk.kid as string, typ: 'at+jwt', ...header })
    .sign(key.sign);

describe('IssuerTokens', () => {
  it('IssuerTokens reads an access token by keys that it finds through the metadata of the issuer', async () => {
    const tokens = trusting();
    const token = await sign({ jti: 'j1' });

    expect(tokens.concerns(token)).toBe(true);
    expect(await tokens.verify(token)).toMatchObject({
      subject: 'ann@example.org',
      tokenId: 'j1',
      isAdmin: false,
      teams: [],
      endpoints: [null],
      permissions: [],
    });
    await tokens.verify(await sign());
    expect(shown.fetches).toBe(1);
  });

  it('IssuerTokens fetches the keys again when a token names a new one', async () => {
    const tokens = trusting({ jwksUri: issuer.replace('/realm', '/keys') });
    shown.keys = [first.jwk, second.jwk];

    expect(await tokens.verify(await sign({}, { key: second }))).toMatchObject({ subject: 'ann@example.org' });
  });

  it.each<[string, string | readonly string[] | undefined, readonly (string | null)[] | undefined]>([
    ['/mcp', `${PUBLIC_URL}/mcp`, [null]],
    ['a virtual server', `${PUBLIC_URL}/servers/a%20b/mcp`, ['a b']],
    ['capitals and a slash at the end', 'HTTPS://MCP.Example.org/mcp/', [null]],
    ['several', ['account', `${PUBLIC_URL}/mcp`, `${PUBLIC_URL}/servers/x/mcp`], [null, 'x']],
    ['the whole gateway by a name of its own', 'switchyard', undefined],
  ])('IssuerTokens tells which endpoints a token is for: %s', async (_, aud, endpoints) => {
    expect((await trusting({ audiences: ['switchyard'] }).verify(await sign({ aud }))).endpoints).toEqual(endpoints);
  });

  it.each<[string, object, string]>([
    ['for another resource', { aud: 'https://other.example.org/mcp' }, 'for another resource'],
    ['for another scheme', { aud: 'http://mcp.example.org/mcp' }, 'for another resource'],
    ['for a path beside the endpoint', { aud: `${PUBLIC_URL}/mcp/more` }, 'for another resource'],
    ['without audience', { aud: undefined }, 'put no audience into the token'],
    ['that is an ID token by its nonce', { nonce: 'n' }, 'no access token'],
    ['that is an ID token by its typ', { typ: 'ID' }, 'no access token'],
    ['of a user of another domain', { email: 'ann@evil.org' }, 'does not speak for this user'],
    ['of a domain that only ends alike', { email: 'ann@notexample.org' }, 'does not speak for this user'],
    ['of nobody', { email: undefined }, 'names no user'],
    ['whose e-mail is not verified', { email_verified: false }, 'not verified'],
    ['that is bound to a key', { cnf: { jkt: 'x' } }, 'is not valid'],
    ['that never ends', { exp: undefined }, 'is not valid'],
    ['that has expired', { exp: nowS() - 300 }, 'is not valid'],
    ['of tomorrow', { iat: nowS() + 86_400, exp: nowS() + 90_000 }, 'is not valid'],
  ])('IssuerTokens refuses a token %s', async (_, claims, message) => {
    await expect(trusting().verify(await sign(claims))).rejects.toMatchObject({
      code: 'auth.credential_invalid',
      message: expect.stringContaining(message),
    });
  });

  it('IssuerTokens refuses a token when its key is not one of the issuer, or is said to be', async () => {
    const forged = await sign({}, { key: { ...second, jwk: first.jwk } });
    const unknown = await sign({}, { key: second });
    const bringsKey = await sign({}, { header: { jwk: second.jwk } });
    for (const token of [forged, unknown, bringsKey])
      await expect(trusting().verify(token)).rejects.toMatchObject({ code: 'auth.credential_invalid' });
  });

  it('IssuerTokens refuses a token when it is signed with no algorithm, or with the public key as a secret', async () => {
    const [, payload] = (await sign()).split('.');
    const part = (header: object) => Buffer.from(JSON.stringify(header)).toString('base64url');
    const secret = await exportSPKI(first.verify);
    const input = `${part({ alg: 'HS256', kid: 'one' })}.${payload}`;
    const hashed = `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
    for (const token of [`${part({ alg: 'none' })}.${payload}.`, hashed])
      await expect(trusting().verify(token)).rejects.toMatchObject({ code: 'auth.credential_invalid' });
  });

  it('IssuerTokens refuses what is no access token by its header', async () => {
    for (const typ of ['logout+jwt', 'oauth-id-jag+jwt'])
      await expect(trusting().verify(await sign({}, { header: { typ } }))).rejects.toMatchObject({
        code: 'auth.credential_invalid',
      });
    expect(await trusting().verify(await sign({}, { header: { typ: undefined } }))).toBeDefined();
  });

  it('IssuerTokens gives teams and administration by rules', async () => {
    const rules = [
      { claim: 'groups', value: 'eng/tools', teams: ['t1', 't2'] },
      { claim: 'groups', value: 'sales', teams: ['t3'] },
      { claim: 'realm_access.roles', value: 'mcp-admin', administrator: true },
    ];
    const tokens = trusting({ rules });

    expect((await tokens.verify(await sign({ groups: ['/eng/tools', 'x'] }))).teams).toEqual(['t1', 't2']);
    expect(await tokens.verify(await sign({ realm_access: { roles: ['mcp-admin'] } }))).toMatchObject({
      isAdmin: true,
      teams: null,
    });
    expect((await tokens.verify(await sign({ groups: { sales: true }, __proto__: null }))).teams).toEqual([]);
  });

  it('IssuerTokens reads what scopes allow from scope and from scp', async () => {
    const tokens = trusting({ scopes: { 'mcp:read': ['tools.read'], 'mcp:call': ['tools.execute'] } });

    expect((await tokens.verify(await sign({ scope: 'openid mcp:read' }))).permissions).toEqual(['tools.read']);
    expect((await tokens.verify(await sign({ scp: ['mcp:call'] }))).permissions).toEqual(['tools.execute']);
  });

  it('IssuerTokens calls no token bad when the keys of its issuer cannot be had', async () => {
    shown.status = 500;
    const tokens = trusting({ jwksUri: `${new URL(issuer).origin}/keys` });
    for (let times = 0; times < 3; times++)
      await expect(tokens.verify(await sign())).rejects.toMatchObject({ code: 'auth.issuer_unavailable' });
    expect(shown.fetches).toBe(1);
  });

  it('IssuerTokens believes no metadata that is of another issuer', async () => {
    shown.metadata = { issuer: `${issuer}2`, jwks_uri: issuer.replace('/realm', '/keys') };
    await expect(trusting().verify(await sign())).rejects.toMatchObject({ code: 'auth.issuer_unavailable' });
    expect(shown.fetches).toBe(0);
  });
});
