import { afterAll, beforeAll, describe, expect, it, onTestFailed } from 'vitest';
import { type Gateway, type McpDouble, freePort, startGateway, startMcpDouble } from '#libs/testing';
import { IdentityProvider } from './sign-in/identity-provider.js';
import { signIn } from './sign-in/sign-in.js';

const TEAM = 'tool makers';
const SCOPE = 'mcp:read mcp:call';

let provider: IdentityProvider;
let upstream: McpDouble;
let gateway: Gateway;
let serverId: string;

beforeAll(async () => {
  provider = await IdentityProvider.start();
  const port = await freePort();
  const issuer = {
    issuer: provider.issuer,
    domains: ['example.org'],
    createUsers: true,
    scopes: { 'mcp:read': ['tools.read'], 'mcp:call': ['tools.execute'] },
    rules: [{ claim: 'groups', value: 'tools', teams: [TEAM] }],
  };
  gateway = await startGateway({
    mode: 'embedded',
    env: {
      PORT: String(port),
      PUBLIC_URL: `http://127.0.0.1:${port}`,
      TRUSTED_ISSUERS: JSON.stringify([issuer]),
    },
  });
  upstream = await startMcpDouble({
    name: 'up',
    tools: [{ name: 'echo', description: 'says hello', inputSchema: { type: 'object' } }],
    call: () => '"content":[{"type":"text","text":"hello"}]',
  });
  const registration = { name: 'up', url: upstream.url, transport: 'STREAMABLEHTTP' } as const;
  const everybody = await gateway.admin.register({ ...registration, visibility: 'public' });
  await gateway.admin.register({ ...registration, name: 'makers', visibility: 'team', teamId: TEAM });
  serverId = (await gateway.admin.createServer('all', [everybody])).id;
});
afterAll(async () => {
  await gateway?.stop();
  await upstream?.stop();
  await provider?.stop();
});

const namesOf = ({ tools }: { tools: readonly { name: string }[] }) => tools.map(({ name }) => name);

const post = (path: string, method: string, token?: string): Promise<Response> =>
  fetch(`${gateway.url}${path}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method,
      params: method === 'tools/call' ? { name: 'up-echo', arguments: {} } : {},
    }),
  });

describe('a gateway that trusts an issuer', () => {
  it('a gateway tells a client without a token where to sign in to each endpoint', async () => {
    for (const path of ['/mcp', `/servers/${serverId}/mcp`]) {
      const refused = await post(path, 'tools/list');
      const metadata = `${gateway.url}/.well-known/oauth-protected-resource${path}`;
      expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([
        401,
        `Bearer scope="${SCOPE}", resource_metadata="${metadata}"`,
      ]);
      expect(await (await fetch(metadata)).json()).toEqual({
        resource: `${gateway.url}${path}`,
        authorization_servers: [provider.issuer],
        scopes_supported: ['mcp:read', 'mcp:call'],
        bearer_methods_supported: ['header'],
        resource_name: 'Switchyard',
      });
    }
  });

  it('a client signs in and calls when it knows nothing but the URL', async () => {
    onTestFailed(() => console.error(gateway.logs().slice(-4_000)));
    provider.present = { email: 'Ann@example.org' };
    const { client } = await signIn(`${gateway.url}/mcp`);

    expect(namesOf(await client.listTools())).toEqual(['up-echo']);
    expect(await client.callTool({ name: 'up-echo', arguments: {} })).toMatchObject({ content: [{ text: 'hello' }] });
    await client.close();
    expect(await gateway.admin.call('GET', '/auth/email/admin/users/ann@example.org')).toMatchObject({
      is_admin: false,
      auth_provider: provider.issuer,
    });
  });

  it('a user sees what their team sees when a rule gives it for a group', async () => {
    provider.present = { email: 'mia@example.org', groups: ['tools'] };
    const { client } = await signIn(`${gateway.url}/mcp`);

    expect(namesOf(await client.listTools()).sort()).toEqual(['makers-echo', 'up-echo']);
    await client.close();
  });

  it('a token opens no other endpoint and no administration when it is for one endpoint', async () => {
    provider.present = { email: 'ann@example.org' };
    const path = `/servers/${serverId}/mcp`;
    const { client, token } = await signIn(`${gateway.url}${path}`);
    expect(namesOf(await client.listTools())).toEqual(['up-echo']);
    await client.close();

    const elsewhere = await post('/mcp', 'tools/list', token);
    expect([elsewhere.status, elsewhere.headers.get('www-authenticate')]).toEqual([
      401,
      `Bearer error="invalid_token", scope="${SCOPE}", resource_metadata="${gateway.url}/.well-known/oauth-protected-resource/mcp"`,
    ]);
    const administration = await fetch(`${gateway.url}/tools`, { headers: { authorization: `Bearer ${token}` } });
    expect(administration.status).toBe(401);
  });

  it('a client is told which scopes to ask for when the user declined one', async () => {
    provider.present = { email: 'rob@example.org', declines: ['mcp:call'] };
    const { client, token } = await signIn(`${gateway.url}/mcp`);
    expect(namesOf(await client.listTools())).toEqual(['up-echo']);
    await client.close();

    const refused = await post('/mcp', 'tools/call', token);
    expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([
      403,
      `Bearer error="insufficient_scope", scope="${SCOPE}", resource_metadata="${gateway.url}/.well-known/oauth-protected-resource/mcp"`,
    ]);
    const beyond = await post('/mcp', 'prompts/list', token);
    expect([beyond.status, beyond.headers.get('www-authenticate')]).toEqual([403, null]);
  });

  it('a user whom the issuer does not speak for gets no further than the sign-in', async () => {
    provider.present = { email: 'ann@evil.example.com' };
    await expect(signIn(`${gateway.url}/mcp`)).rejects.toThrow('the token was refused');
    const account = gateway.admin.call('GET', '/auth/email/admin/users/ann@evil.example.com');
    await expect(account).rejects.toThrow(': 404 ');
  });

  it('a signed-in user is out at once when an administrator disables them', async () => {
    provider.present = { email: 'zoe@example.org' };
    const { client, token } = await signIn(`${gateway.url}/mcp`);
    await client.close();
    expect((await post('/mcp', 'tools/list', token)).status).toBe(200);

    await gateway.admin.call('PATCH', '/auth/email/admin/users/zoe@example.org', { is_active: false });
    expect((await post('/mcp', 'tools/list', token)).status).toBe(401);
  });
});
