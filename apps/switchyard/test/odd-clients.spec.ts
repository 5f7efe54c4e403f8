import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFailed } from 'vitest';
import { type Gateway, freePort, startGateway } from '#libs/testing';
import { OAuthClient } from './sign-in/oauth-client.js';
import { Person } from './sign-in/person.js';

const PASSWORD = 'correct horse battery staple 7';
const LIST = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' });

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway({
    mode: 'embedded',
    env: { PORT: String(await freePort()), PLATFORM_ADMIN_FIRST_PASSWORD: PASSWORD },
  });
});
afterAll(() => gateway?.stop());
beforeEach(() => onTestFailed(() => console.error(gateway.logs().slice(-4_000))));

const ann = () => new Person('admin@example.com', PASSWORD);
const metadataOf = () => `${gateway.url}/.well-known/oauth-protected-resource/mcp`;

describe('a gateway that is its own authorization server, and clients that do as they like', () => {
  it.each<[string, RequestInit]>([
    ['probes by GET', { headers: { accept: 'text/event-stream' } }],
    ['posts to it', { method: 'POST', headers: { 'content-type': 'application/json' }, body: LIST }],
    ['shows a token of elsewhere', { method: 'POST', headers: { authorization: 'Bearer of-elsewhere' }, body: '{}' }],
    ['shows a password', { method: 'POST', headers: { authorization: 'Basic YTpi' }, body: '{}' }],
  ])('a client is told where to sign in when it %s', async (_what, request) => {
    const refused = await fetch(`${gateway.url}/mcp`, request);
    expect(refused.status).toBe(401);
    const challenge = refused.headers.get('www-authenticate');
    expect(challenge).toMatch(/^Bearer /);
    expect(challenge).toContain('scope="mcp:tools mcp:resources mcp:prompts"');
    expect(challenge).toContain(`resource_metadata="${metadataOf()}"`);
  });

  it('a client that compares names by their bytes finds one issuer, and its URL without a slash', async () => {
    const resource = (await (await fetch(metadataOf())).json()) as Record<string, unknown>;
    const server = (await (await fetch(`${gateway.url}/.well-known/oauth-authorization-server`)).json()) as {
      issuer: string;
    };
    const client = await OAuthClient.register(gateway.url);
    const answered = await client.authorize(ann());
    expect(resource).toMatchObject({ resource: `${gateway.url}/mcp`, authorization_servers: [server.issuer] });
    expect(answered.get('iss')).toBe(server.issuer);
  });

  it('a client that takes the origin for its authorization server finds its endpoints there', async () => {
    const server = await (await fetch(`${gateway.url}/.well-known/oauth-authorization-server`)).json();
    expect(server).toMatchObject({
      registration_endpoint: `${gateway.url}/register`,
      authorization_endpoint: `${gateway.url}/authorize`,
      token_endpoint: `${gateway.url}/token`,
    });
  });

  it('a client gets what it asks for when it registered with less, asks for more than there is, and names an audience', async () => {
    const client = await OAuthClient.register(gateway.url, { scope: 'mcp:resources' });
    const asked = { scope: 'mcp:tools offline_access openid', prompt: 'consent', audience: 'https://api.example' };
    const tokens = await client.signIn(ann(), asked);
    expect(tokens).toMatchObject({
      scope: 'mcp:tools',
      token_type: 'Bearer',
      expires_in: expect.any(Number),
      refresh_token: expect.any(String),
    });
  });

  it('a client may name its scopes, or the resource with a slash, when it renews its tokens', async () => {
    const client = await OAuthClient.register(gateway.url);
    const { refresh_token: token } = await client.signIn(ann());
    const renew = (more: Readonly<Record<string, string>>) =>
      client.post('/token', { grant_type: 'refresh_token', refresh_token: String(token), ...more });
    for (const more of [
      {},
      { scope: 'mcp:tools mcp:resources mcp:prompts' },
      { resource: `${gateway.url}/mcp` },
      { resource: `${gateway.url}/mcp/` },
    ])
      expect([more, (await renew(more)).status]).toEqual([more, 200]);
  });

  it.each<[string, (client: OAuthClient) => Promise<{ status: number; body: Record<string, unknown> }>, string]>([
    ['is not known', (client) => client.refresh('nothing'), 'invalid_grant'],
    ['is left out', (client) => client.post('/token', { grant_type: 'refresh_token' }), 'invalid_request'],
    [
      'is of a client that is not here',
      () => OAuthClient.known(gateway.url, 'nobody').refresh('nothing'),
      'invalid_client',
    ],
  ])('a client is told by its code what to do when a refresh token %s', async (_what, refresh, error) => {
    const { status, body } = await refresh(await OAuthClient.register(gateway.url));
    expect([status, body['error']]).toEqual([error === 'invalid_client' ? 401 : 400, error]);
  });
});
