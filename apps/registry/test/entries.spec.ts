import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Registry, RegistryBench, prompt, resource, template, tool, upstream, userOf } from './given-registry.js';

let bench: RegistryBench;
let registry: Registry;
beforeAll(async () => {
  bench = await RegistryBench.open();
  registry = await bench.registry();
});
afterAll(() => bench.close());

describe('tools, prompts and resources', () => {
  it('an entry shows its definition in camelCase members when it is read', async () => {
    const more =
      ',"title":"T","description":"D","outputSchema":{"type":"array"},"annotations":{"readOnlyHint":true},"icons":[],"_meta":{"a/b":1}';
    const gateway = await registry.register('Shown', upstream({ tools: [tool('t', more)], prompts: [prompt('p')] }));
    const [shown] = (await registry.ask('GET', `/v1/tools?gatewayId=${gateway.id}`)).body;
    expect(shown).toMatchObject({
      name: 'shown-t',
      originalName: 't',
      customName: null,
      gatewayId: gateway.id,
      gatewaySlug: 'shown',
      title: 'T',
      description: 'D',
      inputSchema: { type: 'object' },
      outputSchema: { type: 'array' },
      annotations: { readOnlyHint: true },
      icons: [],
      meta: { 'a/b': 1 },
      enabled: true,
      reachable: true,
      visibility: 'public',
      tags: [],
    });
    expect((await registry.ask('GET', `/tools/${shown.id}`)).body).toEqual(shown);
    expect((await registry.ask('GET', `/prompts?gateway_id=${gateway.id}`)).body).toMatchObject([
      { name: 'shown-p', originalName: 'p' },
    ]);
    expect((await registry.ask('GET', `/prompts/${shown.id}`)).status).toBe(404);
  });

  it('an entry takes a custom name and description, and gives them up when they are set to null', async () => {
    const gateway = await registry.register(
      'Custom',
      upstream({ tools: [tool('a', ',"description":"theirs","x":1.0'), tool('b')] }),
    );
    const [a, b] = (await registry.ask('GET', `/tools?gateway_id=${gateway.id}`)).body;
    const changed = await registry.ask('PUT', `/tools/${a.id}`, {
      custom_name: 'alpha',
      description: 'ours',
      tags: ['x'],
    });
    expect(changed.body).toMatchObject({
      name: 'custom-alpha',
      originalName: 'a',
      customName: 'alpha',
      description: 'ours',
      tags: ['x'],
    });
    const exposed = (await registry.describe()).tools.find(({ id }) => id === a.id);
    expect(exposed?.definition).toBe(
      '{"name":"custom-alpha","inputSchema":{"type":"object"},"description":"ours","x":1.0}',
    );

    expect(await registry.ask('PUT', `/tools/${b.id}`, { customName: 'alpha' })).toMatchObject({
      status: 409,
      body: { detail: expect.stringMatching(/"b" and "a".*"custom-alpha"/) },
    });
    expect((await registry.ask('PUT', `/tools/${b.id}`, { customName: 'not\u200bok' })).status).toBe(422);
    const back = await registry.ask('PUT', `/tools/${a.id}`, { customName: null, description: null });
    expect(back.body).toMatchObject({ name: 'custom-a', description: 'theirs', tags: ['x'] });
  });

  it('a tool has calls go on as tasks when taskAfterMs is set', async () => {
    const gateway = await registry.register('Slow', upstream({ tools: [tool('t')], prompts: [prompt('p')] }));
    const [{ id, taskAfterMs }] = (await registry.ask('GET', `/tools?gateway_id=${gateway.id}`)).body;
    const exposed = async () => (await registry.describe()).tools.find((entry) => entry.id === id)?.taskAfterMs;
    expect([taskAfterMs, await exposed()]).toEqual([null, undefined]);
    expect((await registry.ask('PUT', `/tools/${id}`, { task_after_ms: 5_000 })).body.taskAfterMs).toBe(5_000);
    expect(await exposed()).toBe(5_000);
    await registry.ask('PUT', `/tools/${id}`, { description: 'another' });
    expect(await exposed()).toBe(5_000);
    for (const wrong of [-1, 1.5, '5', 1e9])
      expect((await registry.ask('PUT', `/tools/${id}`, { taskAfterMs: wrong })).status).toBe(422);
    await registry.ask('PUT', `/tools/${id}`, { taskAfterMs: null });
    expect(await exposed()).toBe(undefined);
    const [{ id: promptId }] = (await registry.ask('GET', `/prompts?gateway_id=${gateway.id}`)).body;
    await registry.ask('PUT', `/prompts/${promptId}`, { taskAfterMs: 5 });
    expect((await registry.ask('GET', `/prompts/${promptId}`)).body).not.toHaveProperty('taskAfterMs');
  });

  it('an entry raises the revision of the catalog when it is disabled or enabled', async () => {
    const gateway = await registry.register('Switched', upstream({ tools: [tool('t')] }));
    const [{ id }] = (await registry.ask('GET', `/tools?gateway_id=${gateway.id}`)).body;
    const before = (await registry.describe()).revision;
    const off = await registry.ask('POST', `/tools/${id}/state?activate=false`);
    expect(off.body).toMatchObject({ status: 'success', tool: { id, enabled: false } });
    const catalog = await registry.describe();
    expect(catalog.tools.some((entry) => entry.id === id)).toBe(false);
    expect(catalog.revision).toBe(before + 1);
    expect(registry.changes.at(-1)).toEqual({
      revision: before + 1,
      lists: ['tools'],
      serverIds: [],
      upstreamIds: [gateway.id],
    });
    await registry.ask('POST', `/tools/${id}/toggle?activate=true`);
    expect((await registry.describe()).tools.some((entry) => entry.id === id)).toBe(true);
    expect((await registry.ask('POST', `/tools/${id}/state?activate=perhaps`)).status).toBe(422);
  });

  it('an entry is gone from lists and virtual servers when it is removed', async () => {
    const gateway = await registry.register(
      'Removed',
      upstream({ resources: [resource('r://1')], resourceTemplates: [template('r://{x}')] }),
    );
    const [one] = (await registry.ask('GET', `/resources?gateway_id=${gateway.id}`)).body;
    const listed = (await registry.ask('GET', `/resources/templates/list?gateway_id=${gateway.id}`)).body;
    expect(listed.next_cursor).toBeNull();
    const [two] = listed.resource_templates;
    expect([one.uri, two.uriTemplate]).toEqual(['r://1', 'r://{x}']);
    for (const { id } of [one, two]) {
      expect((await registry.ask('DELETE', `/resources/${id}`)).status).toBe(200);
      expect((await registry.ask('GET', `/resources/${id}/info`)).status).toBe(404);
    }
  });
});

describe('what an answer shows', () => {
  it('a gateway, a tool and a virtual server are taken when they are sent back whole as they were read', async () => {
    const gateway = await registry.register(
      'Whole',
      upstream({ tools: [tool('t', ',"title":"T","annotations":{"read_only":true}')], resources: [resource('w://r')] }),
    );
    const [read] = (await registry.ask('GET', `/tools?gateway_id=${gateway.id}`)).body;
    const [file] = (await registry.ask('GET', `/resources?gateway_id=${gateway.id}`)).body;
    const { body: server } = await registry.ask('POST', '/servers', {
      server: { name: 'Whole', associatedTools: [read.id] },
    });
    for (const [path, body] of [
      [`/gateways/${gateway.id}`, gateway],
      [`/tools/${read.id}`, read],
      [`/resources/${file.id}`, file],
      [`/servers/${server.id}`, server],
    ])
      expect(await registry.ask('PUT', path, body)).toMatchObject({ status: 200 });
  });

  it.each([
    ['gateways', 'enabled', false],
    ['gateways', 'ownerEmail', 'other@example.com'],
    ['gateways', 'eras', ['legacy']],
    ['tools', 'enabled', false],
    ['tools', 'visibility', 'private'],
    ['tools', 'teamId', 'home'],
    ['tools', 'inputSchema', { type: 'object', required: ['x'] }],
    ['servers', 'enabled', false],
    ['servers', 'ownerEmail', 'other@example.com'],
    ['servers', 'associatedToolIds', []],
  ])('a change of %s is refused by name when it asks for another %s', async (list, member, value) => {
    const name = `Asks ${list} ${member}`;
    const gateway = await registry.register(name, upstream({ tools: [tool('t')] }));
    const [{ id: toolId }] = (await registry.ask('GET', `/tools?gateway_id=${gateway.id}`)).body;
    const { body: server } = await registry.ask('POST', '/servers', { server: { name, associatedTools: [toolId] } });
    const id = { gateways: gateway.id, tools: toolId, servers: server.id }[list];
    const before = (await registry.ask('GET', `/${list}/${id}`)).body;

    expect(await registry.ask('PUT', `/${list}/${id}`, { [member]: value })).toMatchObject({
      status: 422,
      body: { errors: [{ field: member, message: 'cannot be changed by this request' }] },
    });
    expect((await registry.ask('GET', `/${list}/${id}`)).body).toEqual(before);
  });
});

describe('the catalog of everything', () => {
  it("the catalog of everything shows the first gateway's resource when two have one URI, and both when a caller may see the second alone", async () => {
    registry.around.principals.set('owner', userOf('owner@example.com'));
    const offered = () => upstream({ resources: [resource('shared://doc')] });
    const hidden = await registry.register('Hidden', offered(), { visibility: 'private' }, 'owner');
    const first = await registry.register('First', offered());
    const second = await registry.register('Second', offered());
    const holders = async () =>
      (await registry.describe()).resources
        .filter(({ uri }) => uri === 'shared://doc')
        .map(({ upstreamId }) => upstreamId);
    expect(await holders()).toEqual([hidden.id, first.id]);
    await registry.ask('DELETE', `/gateways/${first.id}`);
    expect(await holders()).toEqual([hidden.id, second.id]);
  });
});

describe("ids that are not the caller's to see", () => {
  it('an id answers byte for byte as one that does not exist when the caller may not see it', async () => {
    registry.around.principals.set('owner', userOf('owner@example.com'));
    registry.around.principals.set('other', userOf('other@example.com'));
    const gateway = await registry.register(
      'Secret',
      upstream({ tools: [tool('t')] }),
      { visibility: 'private' },
      'owner',
    );
    const [{ id: toolId }] = (await registry.ask('GET', `/tools?gateway_id=${gateway.id}`, undefined, 'owner')).body;
    const server = await registry.ask(
      'POST',
      '/servers',
      { server: { name: 's', associated_tools: [toolId] }, visibility: 'private' },
      'owner',
    );
    const paths = [
      `/gateways/${gateway.id}`,
      `/tools/${toolId}`,
      `/servers/${server.body.id}`,
      `/servers/${server.body.id}/tools`,
    ];
    for (const path of paths) expect((await registry.ask('GET', path, undefined, 'owner')).status).toBe(200);

    const unknown = (await registry.ask('GET', `/gateways/${'0'.repeat(32)}`)).text;
    for (const path of paths) {
      const id = path.split('/')[2] ?? '';
      for (const variant of [id, id.toUpperCase(), ` ${id}`, `${id}%00`, '..%2f..', 'x', '%27%20OR%201=1--']) {
        for (const [method, body] of [['GET'], ['PUT', {}], ['DELETE']] as const) {
          if (method !== 'GET' && path.endsWith('/tools')) continue;
          const answer = await registry.ask(method, path.replace(id, variant.replaceAll(' ', '%20')), body, 'other');
          expect([answer.status, answer.text], `${method} ${path} ${variant}`).toEqual([404, unknown]);
        }
      }
    }
    expect((await registry.ask('GET', '/tools', undefined, 'other')).text).not.toContain('secret-t');
    expect(
      (await registry.ask('POST', '/servers', { server: { name: 'x', associated_tools: ['secret-t'] } }, 'other'))
        .status,
    ).toBe(404);
    const taken = await registry.ask('POST', '/gateways', { name: 'secret', url: 'http://other.example/' }, 'other');
    expect(taken.status).toBe(409);
    expect(taken.text).not.toContain(gateway.id);
  });

  it('a gateway hides its command and credential and refuses changes when the caller sees it without owning it', async () => {
    registry.around.principals.set('other', userOf('other@example.com'));
    const gateway = await registry.register('Public', upstream(), { authToken: 'tok' });
    const seen = await registry.ask('GET', `/gateways/${gateway.id}`, undefined, 'other');
    expect(seen.body).not.toHaveProperty('authType');
    for (const [method, path, body] of [
      ['PUT', '', { name: 'Mine now' }],
      ['DELETE', '', undefined],
      ['POST', '/state?activate=false', undefined],
      ['POST', '/tools/refresh', undefined],
    ] as const) {
      expect(await registry.ask(method, `/gateways/${gateway.id}${path}`, body, 'other')).toMatchObject({
        status: 403,
      });
    }
  });

  it('a route is refused when the caller lacks its permission', async () => {
    registry.around.principals.set('reader', userOf('reader@example.com', [], ['tools.read']));
    expect((await registry.ask('GET', '/tools', undefined, 'reader')).status).toBe(200);
    expect((await registry.ask('GET', '/gateways', undefined, 'reader')).status).toBe(403);
    expect((await registry.ask('GET', '/tools', undefined, 'nobody')).status).toBe(401);
  });
});

describe('prompts and resources that are kept here', () => {
  const greeting = {
    name: 'greeting',
    template: 'Hello {{ name }}{% if tone %}, {{ tone }}{% endif %}',
    tags: ['own'],
  };

  it('a prompt shows its template and arguments, and keeps its id when it is changed', async () => {
    const { status, body: made } = await registry.ask('POST', '/prompts', greeting);
    expect(status).toBe(201);
    expect(made).toMatchObject({
      name: 'greeting',
      template: greeting.template,
      arguments: [
        { name: 'name', description: null, required: true, values: [] },
        { name: 'tone', required: false },
      ],
      tags: ['own'],
    });
    expect((await registry.ask('GET', '/prompts?tags=own')).body).toEqual([made]);
    expect((await registry.ask('PUT', `/prompts/${made.id}`, made)).status).toBe(200);
    const changed = await registry.ask('PUT', `/prompts/${made.id}`, {
      template: 'Bye {{ name }}',
      custom_name: 'parting',
      description: 'Parts.',
      tags: ['own', 'new'],
      arguments: [{ name: 'name', values: ['Ann'] }],
    });
    expect(changed.body).toMatchObject({
      id: made.id,
      name: 'parting',
      template: 'Bye {{ name }}',
      description: 'Parts.',
      tags: ['own', 'new'],
      arguments: [{ name: 'name', required: true, values: ['Ann'] }],
    });
    expect((await registry.describe()).prompts.find(({ name }) => name === 'parting')).toMatchObject({
      upstreamName: 'greeting',
      definition: expect.not.stringContaining('Ann'),
    });
    expect((await registry.ask('POST', '/prompts', { prompt: greeting })).status).toBe(409);
    expect((await registry.ask('POST', `/gateways/${made.gatewayId}/tools/refresh`)).status).toBe(409);
    expect((await registry.ask('PUT', `/gateways/${made.gatewayId}`, { url: 'http://x.example' })).status).toBe(422);
    expect((await registry.ask('DELETE', `/prompts/${made.id}`)).status).toBe(200);
    expect((await registry.ask('GET', `/gateways/${made.gatewayId}`)).status).toBe(404);
  });

  it.each([
    ['/prompts', { template: '{% for a in b %}{% endfor %}' }, 'template', 'is not supported'],
    ['/prompts', { template: ' ' }, 'template', 'has no text'],
    ['/prompts', {}, 'template', 'must be text'],
    ['/prompts', { template: 'x', arguments: [{ name: 'a' }, { name: 'a' }] }, 'arguments', 'twice'],
    ['/prompts', { template: 'x', gatewayId: 'g' }, 'gatewayId', 'not supported'],
    ['/resources', { uri: 'doc://1' }, 'content', 'is needed'],
    ['/resources', { uri: 'doc://1', content: 'a', blob: 'AA==' }, 'content', 'is needed'],
    ['/resources', { uri: 'doc://1', blob: 'AA=' }, 'blob', 'base64'],
    ['/resources', { uri: 'no uri', content: '' }, 'uri', 'no URI'],
    ['/resources', { uriTemplate: 'doc://{a}{b}', content: 'x' }, 'uriTemplate', 'stands between'],
    ['/resources', { uriTemplate: 'doc://{a}', content: '{{ b }}' }, 'uriTemplate', 'no variable "b"'],
    ['/resources', { uriTemplate: 'doc://{a}', blob: 'AA==' }, 'blob', 'is a text'],
  ])('%s refuses %j', async (path, body, field, reason) => {
    const refused = await registry.ask('POST', path, { name: 'refused', ...body });
    expect(refused.status).toBe(422);
    const error = refused.body.errors.find((each: { field: string }) => each.field === field);
    expect(error?.message).toContain(reason);
  });

  it('what only one of its own can have changed is refused for what an upstream offers', async () => {
    const gateway = await registry.register(
      'Foreign',
      upstream({ prompts: [prompt('p')], resources: [resource('x://1')] }),
    );
    const [foreign] = (await registry.ask('GET', `/prompts?gateway_id=${gateway.id}`)).body;
    const [file] = (await registry.ask('GET', `/resources?gateway_id=${gateway.id}`)).body;
    expect(await registry.ask('PUT', `/prompts/${foreign.id}`, { template: 'x' })).toMatchObject({ status: 422 });
    expect(await registry.ask('PUT', `/prompts/${foreign.id}`, { ...foreign, tags: ['t'] })).toMatchObject({
      status: 200,
    });
    for (const more of [{ content: 'x' }, { visibility: 'private' }, { title: 'T' }])
      expect(await registry.ask('PUT', `/resources/${file.id}`, more), JSON.stringify(more)).toMatchObject({
        status: 422,
      });
  });

  it('tags are listed across all kinds, for what the caller may see', async () => {
    const name = (n: number) => ({ name: `tagged ${n}`, tags: ['shared', `only ${n}`] });
    const gateway = await registry.register('Tagged', upstream({ tools: [tool('t')] }), { tags: ['shared'] });
    const [entry] = (await registry.ask('GET', `/tools?gateway_id=${gateway.id}`)).body;
    await registry.ask('PUT', `/tools/${entry.id}`, { tags: ['shared'] });
    await registry.ask('POST', '/servers', { server: { ...name(1), associated_tools: [entry.id] } });
    await registry.ask('POST', '/prompts', { ...name(2), template: 'x', visibility: 'private' });
    await registry.ask('POST', '/resources', { ...name(3), uri: 'doc://tagged', content: 'x' });
    registry.around.principals.set(
      'tagger',
      userOf('tagger@example.com', ['home'], ['tools.read', 'resources.read', 'prompts.read']),
    );

    const shared = async (query: string, token = 'admin') => {
      const { body } = await registry.ask('GET', `/v1/tags${query}`, undefined, token);
      return body.find((tag: { name: string }) => tag.name === 'shared');
    };
    expect(await shared('')).toEqual({
      name: 'shared',
      stats: { tools: 1, resources: 1, prompts: 1, servers: 1, gateways: 1, total: 5 },
      entities: [],
    });
    expect((await shared('', 'tagger')).stats).toMatchObject({ tools: 1, resources: 1, total: 2 });
    expect((await shared('?entity_types=prompts&include_entities=true')).entities).toMatchObject([
      { name: 'tagged 2', type: 'prompt', description: null },
    ]);
    const { body: only } = await registry.ask('GET', '/tags/only%203/entities');
    expect(only).toMatchObject([{ name: 'doc://tagged', type: 'resource' }]);
    expect((await registry.ask('GET', '/tags?entity_types=users')).status).toBe(422);
  });
});
