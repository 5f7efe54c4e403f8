import type { Principal } from '#contracts/auth/principal';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AccessScope } from '#contracts/registry/catalog';
import { canView } from '#libs/identity';
import { ADMIN, type Registry, RegistryBench, tool, upstream, userOf } from './given-registry.js';

let bench: RegistryBench;
let registry: Registry;
beforeAll(async () => {
  bench = await RegistryBench.open();
  registry = await bench.registry();
});
afterAll(() => bench.close());

describe('lists', () => {
  it("a list is complete and in the upstream's order over all pages when entries are added meanwhile", async () => {
    const names = Array.from({ length: 130 }, (_, index) => `t${(index * 37) % 130}`);
    const gateway = await registry.register('Long', upstream({ tools: names.map((name) => tool(name)) }), {
      toolPrefix: '',
    });
    const path = `/tools?gateway_id=${gateway.id}`;
    expect((await registry.ask('GET', path)).body).toHaveLength(130);
    expect((await registry.ask('GET', `${path}&limit=7`)).body).toHaveLength(7);

    const seen: string[] = [];
    let cursor: string | null = '';
    for (let pages = 0; cursor !== null; pages++) {
      const query: string = `${path}&include_pagination=true${cursor && `&cursor=${cursor}`}`;
      const { body } = await registry.ask('GET', query);
      seen.push(...body.tools.map(({ name }: { name: string }) => name));
      cursor = body.nextCursor;
      if (pages === 0) await registry.register('Meanwhile', upstream({ tools: [tool('m')] }));
      expect(body.tools.length).toBe(cursor === null ? 30 : 50);
    }
    expect(seen).toEqual(names);
  });

  it.each(['nonsense', 'YWZ0ZXI6MQ==', '%00', Buffer.from('after:1;DROP').toString('base64url')])(
    'lists refuse the cursor %s',
    async (cursor) => {
      expect(await registry.ask('GET', `/tools?cursor=${cursor}`)).toMatchObject({
        status: 422,
        body: { code: 'http.invalid' },
      });
    },
  );

  it.each([
    'limit=-1',
    'limit=501',
    'limit=x',
    'visibility=all',
    'include_inactive=perhaps',
    'limit=1&limit=2',
    'tags=a&tags=b',
  ])('a list is refused when its query is ?%s', async (query) => {
    expect((await registry.ask('GET', `/gateways?${query}`)).status).toBe(422);
  });

  it('a list is narrowed by tags when a comma means or and a plus means and', async () => {
    await registry.register('Red', upstream(), { tags: ['red'] });
    await registry.register('Both', upstream(), { tags: ['red', 'blue'] });
    await registry.register('Green', upstream(), { tags: ['green', "o'hara%_\\"] });
    const found = async (tags: string) =>
      (await registry.ask('GET', `/gateways?tags=${tags}`)).body.map(({ name }: { name: string }) => name);
    expect(await found('red')).toEqual(['Red', 'Both']);
    expect(await found('red%2Bblue')).toEqual(['Both']);
    expect(await found('red+blue,green')).toEqual(['Both', 'Green']);
    expect(await found(encodeURIComponent("o'hara%_\\"))).toEqual(['Green']);
    expect(await found("'%3B--")).toEqual([]);
  });

  it('a list shows exactly what canView allows when callers of every kind ask', async () => {
    const owners = { owner: userOf('owner@example.com', ['a']), member: userOf('member@example.com', ['a', 'b']) };
    for (const [token, principal] of Object.entries(owners)) registry.around.principals.set(token, principal);
    const scopes = [
      { visibility: 'public' },
      { visibility: 'team', teamId: 'a' },
      { visibility: 'private' },
      { visibility: 'private', teamId: 'a' },
      { visibility: 'public', teamId: 'a' },
    ];
    const made: (AccessScope & { readonly id: string })[] = [];
    for (const [index, scope] of scopes.entries()) {
      for (const token of Object.keys(owners))
        made.push(await registry.register(`S ${token} ${index}`, upstream({ tools: [tool('t')] }), scope, token));
    }
    const viewers = {
      ...owners,
      admin: ADMIN,
      'public-only': userOf('owner@example.com', []),
      'public-admin': { ...ADMIN, teams: [] },
      'other-team': userOf('x@example.com', ['b']),
    };
    for (const [token, viewer] of Object.entries(viewers)) {
      registry.around.principals.set(token, viewer);
      const expected = made.filter((gateway) => canView(viewer, gateway)).map(({ id }) => id);
      const list = async (path: string): Promise<Record<string, string>[]> =>
        (await registry.ask('GET', path, undefined, token)).body;
      const ofThese = (id: string | undefined): boolean => made.some((gateway) => gateway.id === id);
      const gateways = (await list('/gateways')).map(({ id }) => id).filter(ofThese);
      const tools = (await list('/tools')).map(({ gatewayId }) => gatewayId).filter(ofThese);
      expect({ token, gateways, tools }).toEqual({ token, gateways: expected, tools: expected });
    }
    expect(
      (
        await registry.ask(
          'POST',
          '/gateways',
          { name: 'F', url: 'http://f/', visibility: 'team', teamId: 'z' },
          'owner',
        )
      ).status,
    ).toBe(422);
    expect(
      (await registry.ask('POST', '/gateways', { name: 'F', url: 'http://f/', visibility: 'private' }, 'public-only'))
        .status,
    ).toBe(422);
  });
});

it('a caller who may by a role in a team finds what is kept for that team, and keeps things for it alone', async () => {
  const dev = { ...userOf('dev@example.com', ['a', 'b'], []), teamPermissions: { a: ['gateways.*', 'tools.read'] } };
  registry.around.principals.set('dev', dev as Principal);
  const made: Record<string, string> = {};
  for (const [name, scope] of Object.entries({
    everybody: { visibility: 'public' },
    a: { visibility: 'team', teamId: 'a' },
    b: { visibility: 'team', teamId: 'b' },
    shown: { visibility: 'public', teamId: 'a' },
    own: { visibility: 'private', teamId: 'a' },
  }))
    made[name] = (await registry.register(`Role ${name}`, upstream({ tools: [tool('t')] }), scope)).id;
  const ask = (method: string, path: string, body?: object) => registry.ask(method, path, body, 'dev');
  const names = async (path: string) =>
    (await ask('GET', path)).body.map(({ gatewayId, id }: Record<string, string>) => gatewayId ?? id);

  const seen = (await names('/gateways')).filter((id: string) => Object.values(made).includes(id));
  expect(seen).toEqual([made['a'], made['shown']]);
  expect(await names(`/tools?gatewayId=${made['everybody']}`)).toEqual([]);
  expect(await names(`/tools?gatewayId=${made['a']}`)).toEqual([made['a']]);
  for (const name of ['everybody', 'b', 'own'])
    expect((await ask('PUT', `/gateways/${made[name]}`, { description: 'x' })).status).toBe(404);
  expect((await ask('PUT', `/gateways/${made['shown']}`, { description: 'x' })).status).toBe(403);
  expect((await ask('PUT', `/gateways/${made['a']}`, { description: 'x' })).status).toBe(200);
  expect((await ask('PUT', `/gateways/${made['a']}`, { visibility: 'public' })).status).toBe(422);
  expect((await ask('POST', '/servers', { server: { name: 'x' } })).status).toBe(403);

  const offer = { name: 'Role new', url: 'http://role-new.example/mcp' };
  registry.around.upstreams.set(offer.url, upstream());
  expect((await ask('POST', '/gateways', { ...offer, visibility: 'public' })).status).toBe(422);
  expect((await ask('POST', '/gateways', { ...offer, teamId: 'b' })).status).toBe(422);
  expect((await ask('POST', '/gateways', offer)).body).toMatchObject({ visibility: 'team', teamId: 'a' });
});

it('the OpenAPI document marks secrets as write-only when it describes a gateway', async () => {
  const { body } = await registry.ask('GET', '/docs-json');
  for (const path of ['/v1/gateways', '/v1/tools/{id}', '/v1/servers/{id}/tools', '/v1/resources/templates/list']) {
    expect(Object.keys(body.paths)).toContain(path);
  }
  expect(body.components.schemas.RegisterGatewayBody.properties.authToken).toMatchObject({ writeOnly: true });
  expect(body.components.schemas.CreateServerBody.properties.server).toBeDefined();
});
