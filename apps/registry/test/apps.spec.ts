import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Registry, RegistryBench, resource, tool, upstream } from './given-registry.js';

let bench: RegistryBench;
let registry: Registry;
beforeAll(async () => {
  bench = await RegistryBench.open();
  registry = await bench.registry();
});
afterAll(() => bench.close());

const shownWith = (uri: string): string => `,"_meta":{"ui":{"resourceUri":"${uri}"}}`;
const appOf = ({ definition }: { definition: string }): unknown => JSON.parse(definition)._meta?.ui?.resourceUri;
const has = (uri: string, name = 'show') =>
  upstream({ tools: [tool(name, shownWith(uri))], resources: [resource(uri)] });
const entryIds = async (list: string, gatewayId: string): Promise<string[]> =>
  (await registry.ask('GET', `/${list}?gateway_id=${gatewayId}`)).body.map(({ id }: { id: string }) => id);

describe('apps of one URI', () => {
  it('an app is named after its gateway when an earlier gateway has one of the same URI', async () => {
    const first = await registry.register('First', has('ui://app/main'));
    const alone = await registry.describe();
    expect(alone.resources).toMatchObject([{ uri: 'ui://app/main', definition: resource('ui://app/main').definition }]);
    expect(alone.resources[0]).not.toHaveProperty('upstreamUri');
    const second = await registry.register('Second', has('ui://app/main'));

    const { tools, resources, linkedResources } = await registry.describe();
    expect(tools.map(appOf)).toEqual(['ui://app/main', 'ui://via.second/app/main']);
    expect(resources).toMatchObject([
      { upstreamId: first.id, uri: 'ui://app/main' },
      { upstreamId: second.id, uri: 'ui://via.second/app/main', upstreamUri: 'ui://app/main' },
    ]);
    expect(JSON.parse(resources[1]?.definition ?? '').uri).toBe('ui://via.second/app/main');
    expect(linkedResources).toEqual([]);

    const associatedTools = [...(await entryIds('tools', second.id)), ...(await entryIds('tools', first.id))];
    const associatedResources = [
      ...(await entryIds('resources', second.id)),
      ...(await entryIds('resources', first.id)),
    ];
    const server = await registry.ask('POST', '/servers', {
      server: { name: 'both', associatedTools, associatedResources },
    });
    expect(server.status).toBe(201);
    const chosen = await registry.describe(server.body.id);
    expect(chosen.tools.map(appOf)).toEqual(['ui://via.second/app/main', 'ui://app/main']);
    expect(chosen.resources.map(({ uri }) => uri)).toEqual(['ui://via.second/app/main', 'ui://app/main']);

    await registry.ask('DELETE', `/gateways/${first.id}`);
    expect((await registry.describe()).tools.map(appOf)).toEqual(['ui://app/main']);
    expect((await registry.describe(server.body.id)).resources.map(({ uri }) => uri)).toEqual(['ui://app/main']);
    await registry.ask('DELETE', `/gateways/${second.id}`);
  });

  it('an app is named after its gateway when the other one is in no list', async () => {
    const lister = await registry.register('Lister', has('ui://x'));
    const linker = await registry.register('Linker', upstream({ tools: [tool('show', shownWith('ui://x'))] }));
    const { tools, resources, linkedResources } = await registry.describe();
    expect(tools.map(appOf)).toEqual(['ui://x', 'ui://via.linker/x']);
    expect(resources.map(({ uri }) => uri)).toEqual(['ui://x']);
    expect(linkedResources).toEqual([
      {
        upstreamId: linker.id,
        uri: 'ui://via.linker/x',
        upstreamUri: 'ui://x',
        visibility: 'public',
        teamId: null,
        ownerEmail: 'admin@example.com',
      },
    ]);
    for (const { id } of [lister, linker]) await registry.ask('DELETE', `/gateways/${id}`);
  });
});

describe('the app of a tool', () => {
  it('an app comes with its tool into a virtual server that lists no resources, except when it is disabled', async () => {
    const gateway = await registry.register('Shown', has('ui://shown'));
    const associatedTools = await entryIds('tools', gateway.id);
    const { body: server } = await registry.ask('POST', '/servers', { server: { name: 'tools', associatedTools } });
    const linked = async () => (await registry.describe(server.id)).linkedResources?.map(({ uri }) => uri);
    expect(await linked()).toEqual(['ui://shown']);
    expect((await registry.describe(server.id)).resources).toEqual([]);

    const [id] = await entryIds('resources', gateway.id);
    await registry.ask('POST', `/resources/${id}/state?activate=false`);
    expect(await linked()).toEqual([]);
    expect((await registry.describe()).linkedResources).toEqual([]);
  });
});
