import { generateKeyPairSync } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Gateway,
  type McpDouble,
  type VaultDouble,
  startGateway,
  startMcpDouble,
  startVaultDouble,
} from '#libs/testing';
import { PRIVATE_KEY, SECRET, TokenServer } from './upstream-oauth/token-server.js';

let tokens: TokenServer;
let upstream: McpDouble;
let vault: VaultDouble;
let gateway: Gateway;
/** What of each request to the upstream was good. */
const shown: { readonly method: string; readonly token: string; readonly claims: Record<string, unknown> | null }[] =
  [];
/** Tokens that the upstream takes for no good any more. */
const revoked = new Set<string>();

/** What is looked into of an answer: of a gateway, of the state of its token, of a refusal. */
interface Answered {
  readonly id: string;
  readonly authType: string;
  readonly toolCount: number;
  readonly oauthConfig: object;
}

const ask = async (method: string, path: string, body?: unknown) => {
  const response = await fetch(`${gateway.url}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${gateway.adminToken}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: (text === '' ? {} : JSON.parse(text)) as Answered, text };
};

const registration = (name: string, config: object) => ({
  name,
  url: upstream.url,
  auth_type: 'oauth',
  oauth_config: { grant_type: 'client_credentials', scopes: ['tools:call'], ...config },
});

const call = async (era: 'modern' | 'legacy', name: string) => {
  const client = await gateway.client(era);
  try {
    return await client.callTool({ name, arguments: {} });
  } finally {
    await client.close();
  }
};

beforeAll(async () => {
  tokens = await TokenServer.start();
  vault = await startVaultDouble();
  upstream = await startMcpDouble({
    name: 'guarded',
    tools: [{ name: 'hello', description: 'says hello', inputSchema: { type: 'object' } }],
    // It says back what it was shown.
    call: () => `"content":[{"type":"text","text":"hello"}],"structuredContent":{"shown":"${shown.at(-1)?.token}"}`,
    intercept: ({ req, res, message }) => {
      const [, token = ''] = /^Bearer (.+)$/.exec(req.headers.authorization ?? '') ?? [];
      const claims = token === '' || revoked.has(token) ? null : decoded(token);
      const isGood = claims !== null && claims.aud === upstream.url && claims.exp * 1_000 > Date.now();
      shown.push({ method: message.method, token, claims: isGood ? claims : null });
      if (!isGood) res.writeHead(401, { 'www-authenticate': 'Bearer error="invalid_token"' }).end();
      return !isGood;
    },
  });
  gateway = await startGateway({
    mode: 'embedded',
    env: { LOG_LEVEL: 'debug', OAUTH_TOKEN_BACKEND: 'vault', VAULT_ADDR: vault.url, VAULT_TOKEN: vault.token },
  });
  const long = { client_id: 'basic: client', client_secret: SECRET, issuer: tokens.issuer };
  expect((await ask('POST', '/gateways', registration('long', long))).status).toBe(201);
});
afterAll(async () => {
  await gateway?.stop();
  await upstream?.stop();
  await vault?.stop();
  await tokens?.stop();
});

const decoded = (token: string) => JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());

describe('an upstream that wants access tokens', () => {
  it.each([
    ['client_secret_basic', 'basic: client', () => ({ client_secret: SECRET })],
    ['client_secret_post', 'post', () => ({ client_secret: SECRET })],
    [
      'private_key_jwt',
      'keyed',
      () => ({
        private_key: tokens.clientKey.export(PRIVATE_KEY),
        token_endpoint_auth_signing_alg: 'ES256',
        private_key_jwt_kid: 'c1',
      }),
    ],
  ] as const)('an upstream is registered and called with a token that %s gets', async (method, clientId, secretOf) => {
    const name = method.replaceAll('_', '-');
    const before = tokens.issued;
    const config = { client_id: clientId, token_endpoint_auth_method: method, issuer: tokens.issuer, ...secretOf() };
    const { status, body, text } = await ask('POST', '/gateways', registration(name, config));

    expect([status, body.authType, body.toolCount]).toEqual([201, 'oauth', 1]);
    expect(body.oauthConfig).toMatchObject({ clientId, tokenEndpointAuthMethod: method, resource: upstream.url });
    expect(text).not.toMatch(/planted|PRIVATE KEY/);
    for (const era of ['modern', 'legacy'] as const)
      expect(await call(era, `${name}-hello`)).toMatchObject({ content: [{ text: 'hello' }] });
    expect(tokens.issued - before).toBe(1);
    const { token } = shown.at(-1) as { token: string };
    expect(await tokens.verify(token, upstream.url)).toMatchObject({ client_id: clientId, scope: 'tools:call' });
    expect((await ask('GET', `/oauth/status/${body.id}`)).body).toMatchObject({
      oauth_enabled: true,
      client_id: clientId,
      token: { state: 'good', failure: null },
    });
    expect(vault.secrets.get(`switchyard/oauth/${body.id}`)).toMatchObject({ access_token: token });

    // What was read can be sent back; a part alone cannot be changed without the secret.
    expect((await ask('PUT', `/gateways/${body.id}`, body)).status).toBe(200);
    const other = { ...body.oauthConfig, clientId: 'somebody else' };
    expect((await ask('PUT', `/gateways/${body.id}`, { oauth_config: other })).status).toBe(422);
    expect((await ask('DELETE', `/gateways/${body.id}`)).status).toBeLessThan(300);
    expect(vault.secrets.has(`switchyard/oauth/${body.id}`)).toBe(false);
  });

  it.each([
    [
      'a secret that is wrong',
      { client_id: 'post', client_secret: 'wrong' },
      502,
      /refused the client: invalid_client/,
    ],
    [
      'no issuer and no tokenUrl',
      { issuer: null, client_id: 'post', client_secret: SECRET },
      422,
      /tokenUrl is needed/,
    ],
    [
      'an issuer over plain http',
      { issuer: 'http://idp.example.org', client_id: 'x', client_secret: 'y' },
      422,
      /https/,
    ],
    [
      'a grant for which users tell their password',
      { grant_type: 'password', client_id: 'x' },
      422,
      /client_credentials/,
    ],
    [
      'a key of another kind',
      {
        client_id: 'keyed',
        token_endpoint_auth_method: 'private_key_jwt',
        private_key: generateKeyPairSync('ed25519').privateKey.export(PRIVATE_KEY),
      },
      422,
      /privateKey is no private key in PEM that signs RS256/,
    ],
    [
      'an address that is not allowed',
      { issuer: 'https://169.254.169.254', client_id: 'x', client_secret: 'y' },
      422,
      /not allowed/,
    ],
  ])('an upstream is not registered, and nothing is kept, with %s', async (_what, config, status, why) => {
    const asked = registration('refused', {
      issuer: tokens.issuer,
      token_endpoint_auth_method: 'client_secret_post',
      ...config,
    });
    const kept = [...vault.secrets.keys()];
    const refused = await ask('POST', '/gateways', asked);

    expect([refused.status, refused.text]).toEqual([status, expect.stringMatching(why)]);
    expect((await ask('GET', '/gateways')).text).not.toContain('"refused","slug"');
    expect([...vault.secrets.keys()]).toEqual(kept);
  });

  it('a token is renewed ahead of its end, and a session goes on with the new one', async () => {
    // Renewed when a fifth of it is left, which is longer than a machine stands still.
    tokens.lifeS = 20;
    const config = { client_id: 'post', client_secret: SECRET, token_url: `${tokens.issuer}/token` };
    const method = { token_endpoint_auth_method: 'client_secret_post' };
    const { body } = await ask('POST', '/gateways', registration('brief', { ...config, ...method }));
    const client = await gateway.client('legacy');
    const seen = shown.length;
    const used = () => new Set(shown.slice(seen).map(({ token }) => token));
    while (used().size < 2) {
      const { structuredContent } = await client.callTool({ name: 'brief-hello', arguments: {} });
      expect(structuredContent).toEqual({ shown: '[redacted]' });
      await delay(20);
    }
    const { structuredContent } = await client.callTool({ name: 'brief-hello', arguments: {} });
    expect(structuredContent).toEqual({ shown: '[redacted]' });
    await client.close();

    expect(shown.slice(seen).filter(({ claims }) => claims === null)).toEqual([]);
    expect(shown.slice(seen).filter(({ method: asked }) => asked === 'initialize').length).toBeLessThanOrEqual(1);
    await ask('DELETE', `/gateways/${body.id}`);
  });

  it('a token that has ended before its time is got again within the call', async () => {
    await call('modern', 'long-hello');
    const { token } = shown.at(-1) as { token: string };
    // Refused as soon as it was got, another would be refused as well.
    const age = () => Date.now() - Number(decoded(token).iat) * 1_000;
    await expect.poll(age).toBeGreaterThan(6_500);
    revoked.add(token);

    expect(await call('modern', 'long-hello')).toMatchObject({ content: [{ text: 'hello' }] });
    expect(shown.slice(-2).map(({ token: sent }) => sent === token)).toEqual([true, false]);
  });

  it('a gateway of ContextForge that got tokens is called with one when it is imported', async () => {
    const config = { grant_type: 'client_credentials', client_id: 'post', client_secret: SECRET };
    const entry = {
      name: 'forged',
      url: upstream.url,
      auth_type: 'oauth',
      oauth_config: { ...config, token_url: `${tokens.issuer}/token`, resource: upstream.url, scopes: 'tools:call' },
    };
    const { status, text } = await ask('POST', '/v1/import', { import_data: { entities: { gateways: [entry] } } });
    expect([status, text]).toEqual([200, expect.stringContaining('"created":1')]);
    expect(text).not.toContain('planted');
    expect(await call('modern', 'forged-hello')).toMatchObject({ content: [{ text: 'hello' }] });
  });

  it('nothing secret has been logged, shown or kept in the clear', async () => {
    const logs = gateway.logs();
    expect(logs.length).toBeGreaterThan(1_000);
    const secrets = [SECRET, encodeURIComponent(SECRET), vault.token, ...shown.map(({ token }) => token)];
    expect(secrets.filter((secret) => secret !== '' && logs.includes(secret))).toEqual([]);
  });
});
