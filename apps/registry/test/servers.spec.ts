import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Registry, RegistryBench, prompt, resource, template, tool, upstream, userOf } from './given-registry.js';

let bench: RegistryBench;
let registry: Registry;
beforeAll(async () => {
  bench = await RegistryBench.open();
  registry = await bench.registry();
  await registry.register(
    'Alpha',
    upstream({
      tools: [tool('one'), tool('two')],
      prompts: [prompt('ask')],
      resources: [resource('doc://1'), resource('doc://alpha')],
      resourceTemplates: [template('doc://{n}')],
    }),
  );
  await registry.register('Beta', upstream({ tools: [tool('one')], resources: [resource('doc://1')] }));
});
afterAll(() => bench.close());

const idOf = async (list: string, name: string): Promise<string> =>
  (await registry.ask('GET', `/${list}`)).body.find((entry: { name: string; uri?: string }) =>
    [entry.name, entry.uri].includes(name),
  ).id;

describe('virtual servers', () => {
  it('a virtual server is not made when the body gives its owner or its state', async () => {
    const { status, body } = await registry.ask('POST', '/servers', {
      server: { name: 'Owned', owner_email: 'other@example.com', enabled: false },
    });

    expect(status).toBe(422);
    expect(body.errors.map(({ field }: { field: string }) => field).sort()).toEqual([
      'server.enabled',
      'server.ownerEmail',
    ]);
  });

  it('a virtual server is not made when its visibility is said twice and differs', async () => {
    const answer = await registry.ask('POST', '/servers', {
      server: { name: 'Two minds', visibility: 'private' },
      visibility: 'public',
    });
    expect(answer).toMatchObject({
      status: 422,
      body: { errors: [{ field: 'visibility', message: 'is given twice, and differs' }] },
    });
  });

  it('a virtual server shows exactly what was chosen, in order, when the choices are ids, names or URIs', async () => {
    const betaOne = await idOf('tools', 'beta-one');
    const { status, body } = await registry.ask('POST', '/servers', {
      server: {
        name: 'Choice',
        description: 'a choice',
        associated_tools: ['alpha-two', betaOne, 'alpha-two'],
        associated_resources: ['doc://alpha', 'doc://{n}'],
        associatedPrompts: ['alpha-ask'],
        tags: ['t'],
      },
      team_id: null,
      visibility: 'public',
    });
    expect(status).toBe(201);
    expect(body).toMatchObject({
      name: 'Choice',
      associatedTools: ['alpha-two', 'beta-one'],
      associatedToolIds: [expect.any(String), betaOne],
      ownerEmail: 'admin@example.com',
      enabled: true,
      tags: ['t'],
    });
    const catalog = await registry.describe(body.id);
    expect(catalog.server).toMatchObject({
      id: body.id,
      name: 'Choice',
      description: 'a choice',
      visibility: 'public',
    });
    expect(catalog.tools.map(({ name }) => name)).toEqual(['alpha-two', 'beta-one']);
    expect(catalog.resources.map(({ uri }) => uri)).toEqual(['doc://alpha']);
    expect(catalog.resourceTemplates.map(({ uriTemplate }) => uriTemplate)).toEqual(['doc://{n}']);
    expect(catalog.prompts.map(({ name }) => name)).toEqual(['alpha-ask']);
    expect(catalog.upstreams.map(({ name }) => name).sort()).toEqual(['Alpha', 'Beta']);
    expect(registry.changes.at(-1)).toMatchObject({ serverIds: [body.id], revision: catalog.revision });

    expect(
      (await registry.ask('GET', `/servers/${body.id}/tools`)).body.map(({ name }: { name: string }) => name),
    ).toEqual(catalog.tools.map(({ name }) => name));
    expect((await registry.ask('GET', `/servers/${body.id}/resources`)).body).toHaveLength(2);
    expect((await registry.ask('GET', `/servers/${body.id}/prompts`)).body).toHaveLength(1);

    const renamed = await registry.ask('PUT', `/servers/${body.id}`, {
      name: 'Chosen',
      associated_tools: ['beta-one'],
    });
    expect(renamed.body).toMatchObject({
      name: 'Chosen',
      description: 'a choice',
      associatedTools: ['beta-one'],
      associatedPrompts: body.associatedPrompts,
    });
  });

  it('a virtual server is refused with the unknown choices named when one does not exist', async () => {
    const answer = await registry.ask('POST', '/servers', {
      server: { name: 'x', associated_tools: ['alpha-one', 'missing'] },
    });
    expect(answer).toMatchObject({ status: 404, body: { detail: 'There is no tool "missing"', unknown: ['missing'] } });
    expect((await registry.ask('GET', '/servers')).text).not.toContain('"x"');
  });

  it('a virtual server is refused with both entries named when two of them have one name', async () => {
    const answer = await registry.ask('POST', '/servers', { server: { name: 'x', associatedResources: ['doc://1'] } });
    expect(answer).toMatchObject({
      status: 409,
      body: { code: 'registry.name_taken', name: 'doc://1', entries: [{ gateway: 'Alpha' }, { gateway: 'Beta' }] },
    });
    const [, beta] = answer.body.entries;
    const chosen = await registry.ask('POST', '/servers', {
      server: { name: 'by id', associatedResources: [beta.id] },
    });
    const catalog = await registry.describe(chosen.body.id);
    expect(catalog.resources).toMatchObject([{ id: beta.id, uri: 'doc://1' }]);
  });

  it('a virtual server is unknown to ingress when it is disabled or removed', async () => {
    const { body } = await registry.ask('POST', '/servers', { server: { name: 'Brief' } });
    expect((await registry.describe(body.id)).tools).toEqual([]);
    expect((await registry.ask('POST', `/servers/${body.id}/state?activate=false`)).body.enabled).toBe(false);
    await expect(registry.describe(body.id)).rejects.toMatchObject({ code: 'registry.server_unknown' });
    expect((await registry.ask('POST', `/servers/${body.id}/toggle?activate=true`)).body.enabled).toBe(true);
    expect((await registry.describe(body.id)).server.name).toBe('Brief');
    expect((await registry.ask('DELETE', `/servers/${body.id}`)).status).toBe(200);
    for (const id of [body.id, 'x', '0'.repeat(32)])
      await expect(registry.describe(id)).rejects.toMatchObject({ code: 'registry.server_unknown' });
  });

  it('a virtual server is refused when its owner has one of that name already', async () => {
    registry.around.principals.set('user', userOf('user@example.com'));
    const body = { server: { name: 'Same' } };
    expect((await registry.ask('POST', '/servers', body)).status).toBe(201);
    expect((await registry.ask('POST', '/servers', body, 'user')).status).toBe(201);
    expect((await registry.ask('POST', '/servers', body)).status).toBe(409);
  });

  it.each([
    [{}],
    [{ server: null }],
    [{ server: [] }],
    [{ server: {} }],
    [{ server: { name: 'x', associated_tools: [1] } }],
    [{ server: { name: '' } }],
  ])('a virtual server is refused when its body is %j', async (body) => {
    expect((await registry.ask('POST', '/servers', body)).status).toBe(422);
  });
});

describe('a list that is longer than one page', () => {
  const findingsOf = (body: { findings: { list: string; finding: string }[] }) =>
    body.findings.map(({ list, finding }) => [list, /longer than one page .* miss the rest/.test(finding)]);
  let small: Registry;
  beforeAll(async () => {
    small = await bench.registry(undefined, { LIST_PAGE_SIZE: '2', LIST_PAGE_BYTES: '1024' });
  });

  it('a gateway names each list of its own that is longer than one page, at registration and later', async () => {
    const offered = upstream({
      tools: [tool('a'), tool('b'), tool('c')],
      prompts: [prompt('p'), prompt('q')],
      resources: [resource('long://1'), resource('long://2')].map((each) => ({
        ...each,
        definition: each.definition.replace('a resource', 'x'.repeat(600)),
      })),
    });
    const registered = await small.register('Long', offered);
    expect(findingsOf(registered)).toEqual([
      ['tools', true],
      ['resources', true],
    ]);
    expect((await small.ask('GET', `/gateways/${registered.id}`)).body.findings).toEqual(registered.findings);
    expect(registered.findings[0].finding).toContain('3 entries');

    await small.ask('POST', `/tools/${(await idsOfTools(registered.id))[0]}/state?activate=false`);
    expect(findingsOf((await small.ask('GET', `/gateways/${registered.id}`)).body)).toEqual([['resources', true]]);
  });

  it('a virtual server names a list that is longer than one page, and none when what it shows fits', async () => {
    await small.register('Third', upstream({ tools: [tool('a'), tool('b'), tool('c')] }));
    const associatedTools = ['third-a', 'third-b', 'third-c'];
    const made = (await small.ask('POST', '/servers', { server: { name: 'Paged', associatedTools } })).body;
    expect(findingsOf(made)).toEqual([['tools', true]]);
    expect((await small.ask('GET', `/servers/${made.id}`)).body.findings).toEqual(made.findings);

    const sentBack = await small.ask('PUT', `/servers/${made.id}`, {
      ...(await small.ask('GET', `/servers/${made.id}`)).body,
      associatedTools: ['third-a', 'third-b'],
    });
    expect(sentBack).toMatchObject({ status: 200, body: { findings: [] } });
  });

  it('a virtual server says nothing of a list of 5,000 entries when pages have their default length', async () => {
    const tools = Array.from({ length: 5_001 }, (_, at) => tool(`n${at}`));
    await registry.register('Many', upstream({ tools }));
    const associatedTools = tools.slice(0, 5_000).map(({ name }) => `many-${name}`);
    const { body } = await registry.ask('POST', '/servers', { server: { name: 'Whole', associatedTools } });
    expect(body.findings).toEqual([]);
  });

  const idsOfTools = async (gatewayId: string): Promise<string[]> =>
    (await small.ask('GET', `/tools?gateway_id=${gatewayId}`)).body.map(({ id }: { id: string }) => id);
});
