import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ServerToken } from '#contracts/auth/list-server-tokens.request';
import { fail } from '#libs/errors';
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

describe('what a gateway and a virtual server are asked before something is done', () => {
  let [first, second] = [{ id: '' }, { id: '' }];
  const serverOf = async (name: string, associatedTools: string[], more: object = {}, token = 'admin') =>
    (await registry.ask('POST', '/servers', { server: { name, associatedTools, ...more } }, token)).body;
  beforeAll(async () => {
    registry.around.principals.set('eve', userOf('eve@example.com', ['home'], ['gateways.*', 'servers.*']));
    registry.around.principals.set('fay', userOf('fay@example.com', ['home'], ['gateways.read']));
    first = await registry.register(
      'First',
      upstream({ tools: [tool('x')], resourceTemplates: [template('f://{n}')] }),
    );
    second = await registry.register('Second', upstream({ tools: [tool('y')], prompts: [prompt('p')] }));
  });

  it('the removal of a gateway is foreseen with what is lost where', async () => {
    const both = await serverOf('Both', ['first-x', 'second-y'], { associatedPrompts: ['second-p'] });
    const only = await serverOf('Only', ['first-x'], { associatedResources: ['f://{n}'] });
    await serverOf('Other', ['second-y']);
    const token = { id: '7c0d9a52-4a39-4b0e-9c5e-2f5d3c1b0a98', name: 'nightly', userEmail: 'ann@example.com' };
    registry.around.serverTokens = new Map([[only.id, [token]]]);

    const { status, body } = await registry.ask('GET', `/gateways/${first.id}/impact-preview`);
    expect(status).toBe(200);
    const { servers, use, ...rest } = body;
    expect(rest).toEqual({
      gatewayId: first.id,
      gatewayName: 'First',
      toolCount: 1,
      promptCount: 0,
      resourceCount: 1,
      tools: ['first-x'],
      prompts: [],
      resources: ['f://{n}'],
      hiddenServerCount: 0,
    });
    expect(use).toEqual({ conversations: 2, running: 1, waiting: 0, breakerOpen: false, instance: expect.any(String) });
    const none = { promptCount: 0, tokenCount: 0, tokens: [], enabled: true };
    expect(servers).toEqual([
      { ...none, id: both.id, name: 'Both', toolCount: 1, resourceCount: 0, remainingCount: 2, becomesEmpty: false },
      {
        ...none,
        id: only.id,
        name: 'Only',
        toolCount: 1,
        resourceCount: 1,
        remainingCount: 0,
        becomesEmpty: true,
        tokenCount: 1,
        tokens: [token],
      },
    ]);
    expect((await registry.describe(only.id)).tools).toHaveLength(1);
  });

  it('the removal of a gateway is foreseen for each caller with what is theirs to know', async () => {
    registry.around.principals.set('gus', userOf('gus@example.com'));
    const gateway = await registry.register('Gus', upstream({ tools: [tool('g')] }), {}, 'gus');
    const mine = await serverOf('Mine', ['gus-g'], { visibility: 'private' }, 'eve');
    const [own, other] = ['eve@example.com', 'ann@example.com'].map((userEmail) => ({ id: 't', name: 't', userEmail }));
    registry.around.serverTokens = new Map([[mine.id, [own, other] as ServerToken[]]]);
    const previewFor = async (token: string) =>
      (await registry.ask('GET', `/gateways/${gateway.id}/impact-preview`, undefined, token)).body;

    expect(await previewFor('eve')).toMatchObject({
      servers: [{ id: mine.id, tokenCount: 2, tokens: [own] }],
      hiddenServerCount: null,
    });
    registry.around.principals.set('eve-of-all', userOf('eve@example.com'));
    expect(await previewFor('eve-of-all')).toMatchObject({ servers: [{ tokens: [own, other] }] });
    expect(await previewFor('admin')).toMatchObject({ servers: [], hiddenServerCount: 1 });
    expect(await previewFor('gus')).toMatchObject({ servers: [], hiddenServerCount: 1 });
    expect(await previewFor('fay')).toMatchObject({ servers: [], hiddenServerCount: null });

    registry.around.serverTokens = null;
    expect(await previewFor('eve')).toMatchObject({ servers: [{ tokenCount: null, tokens: [] }] });
    registry.around.serverTokens = new Map();
    const hidden = await registry.register('Hidden', upstream(), { visibility: 'private' }, 'eve');
    const path = `/gateways/${hidden.id}/impact-preview`;
    expect((await registry.ask('GET', path, undefined, 'fay')).status).toBe(404);
    expect((await registry.ask('GET', '/gateways/nobody/impact-preview')).status).toBe(404);
  });

  it('a handshake is tested with every upstream of a virtual server that is enabled', async () => {
    const third = await registry.register('Thirdly', upstream({ tools: [tool('z')] }));
    const server = await serverOf('Handshake', ['first-x', 'second-y', 'thirdly-z']);
    await registry.ask('POST', `/gateways/${third.id}/state?activate=false`);
    registry.around.greetings.set(first.id, {
      greeting: {
        era: 'legacy',
        protocolVersion: '2025-06-18',
        serverInfo: { name: 'first', version: 7 },
        capabilities: { tools: {} },
        elapsedMs: 12,
      },
      hasCredential: true,
    });
    registry.around.greetings.set(second.id, fail('upstream.unauthorised', { message: 'It said: no' }));

    const test = (token = 'admin', body: object = {}) =>
      registry.ask('POST', `/servers/${server.id}/test-handshake`, body, token);
    const { status, body } = await test();
    expect(status).toBe(200);
    expect(body).toMatchObject({
      serverId: server.id,
      success: false,
      componentCounts: { tools: 2, resources: 0, prompts: 0 },
      failureClass: 'auth',
      error: 'It said: no',
    });
    const silent = { negotiationPath: null, protocolVersion: null, serverName: null, credentialSource: null };
    expect(body.upstreams).toEqual([
      {
        gatewayId: first.id,
        gatewayName: 'First',
        enabled: true,
        success: true,
        latencyMs: 12,
        era: 'legacy',
        negotiationPath: 'initialize',
        protocolVersion: '2025-06-18',
        serverName: 'first',
        serverVersion: null,
        capabilities: { tools: {} },
        credentialSource: 'stored',
        failureClass: null,
        error: null,
      },
      expect.objectContaining({
        ...silent,
        gatewayName: 'Second',
        success: false,
        failureClass: 'auth',
        error: 'It said: no',
      }),
      expect.objectContaining({
        ...silent,
        gatewayName: 'Thirdly',
        enabled: false,
        success: false,
        failureClass: null,
      }),
    ]);
    // Why it failed may name addresses.
    expect((await test('eve')).body.error).toBe('The upstream refused the credential');

    await registry.ask('POST', `/gateways/${second.id}/state?activate=false`);
    expect((await test()).body).toMatchObject({ success: true, failureClass: null, error: null, latencyMs: 12 });
    await registry.ask('POST', `/servers/${server.id}/state?activate=false`);
    expect((await test()).body).toMatchObject({ success: false, error: 'The virtual server is disabled' });
    expect(await test('admin', { headers: { Authorization: 'x' } })).toMatchObject({
      status: 422,
      body: { errors: [{ field: 'headers' }] },
    });
    expect((await registry.ask('POST', '/servers/nobody/test-handshake')).status).toBe(404);
  });

  it('consent is asked for at several gateways at once, and those that are not seen are left out', async () => {
    const sealed = await registry.register('Sealed', upstream(), { authType: 'bearer', authToken: 'planted' });
    const ids = [first.id, sealed.id, 'nobody'];
    const path = `/oauth/status?${ids.map((id) => `gateway_ids=${id}`).join('&')}`;
    const { status, body, text } = await registry.ask('GET', path, undefined, 'fay');
    expect(status).toBe(200);
    expect(Object.keys(body).sort()).toEqual([first.id, sealed.id].sort());
    expect(body[first.id]).toEqual({ oauth_enabled: false, message: expect.stringContaining('no authorization') });
    expect(body[sealed.id]).toEqual({ oauth_enabled: false, message: expect.stringContaining('("bearer")') });
    expect(text).not.toContain('planted');
    expect((await registry.ask('GET', `/oauth/status/${sealed.id}`)).body).toEqual(body[sealed.id]);
    expect((await registry.ask('GET', `/oauth/status?gateway_ids=${first.id}`)).body).toHaveProperty(first.id);
    expect((await registry.ask('GET', '/oauth/status/nobody')).status).toBe(404);
    for (const bad of ['', `?${'gateway_ids=a&'.repeat(101)}`, `?gateway_ids=${'a'.repeat(65)}`])
      expect((await registry.ask('GET', `/oauth/status${bad}`)).status).toBe(422);
  });
});
