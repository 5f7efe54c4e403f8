import type { Client } from '@modelcontextprotocol/client';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFailed } from 'vitest';
import { type Gateway, type ReceivedRequest, type RestDouble, startGateway, startRestDouble } from '#libs/testing';

const string = { type: 'string' };
const json = (schema: object) => ({ content: { 'application/json': { schema } } });

/** Every style and media type, and one operation that another server serves. */
const documentOf = (url: string, elsewhere: string) => ({
  openapi: '3.0.3',
  info: { title: 'Pets', version: '1.2' },
  servers: [{ url: `${url}/v1` }],
  components: { securitySchemes: { key: { type: 'apiKey', in: 'header', name: 'X-Key' } } },
  security: [{ key: [] }],
  paths: {
    '/pets/{id}': {
      get: {
        operationId: 'pets/get',
        summary: 'One pet',
        tags: ['read'],
        parameters: [
          { name: 'id', in: 'path', required: true, schema: string },
          { name: 'fields', in: 'query', explode: false, schema: { type: 'array', items: string } },
          { name: 'created', in: 'query', style: 'deepObject', explode: true, schema: { type: 'object' } },
          { name: 'X-Trace', in: 'header', schema: string },
        ],
        responses: { 200: { description: 'ok', ...json({ type: 'object' }) } },
      },
      patch: {
        operationId: 'pets/change',
        tags: ['write'],
        parameters: [{ name: 'id', in: 'path', required: true, schema: string }],
        requestBody: { required: true, ...json({ type: 'object', required: ['name'], properties: { name: string } }) },
        responses: { 200: { description: 'ok' } },
      },
    },
    '/pets': {
      post: {
        operationId: 'pets/upload',
        tags: ['write'],
        requestBody: {
          content: {
            'multipart/form-data': {
              schema: { type: 'object', properties: { photo: { type: 'string', format: 'binary' }, name: string } },
            },
          },
        },
        responses: { 204: { description: 'done' } },
      },
    },
    '/open': { get: { operationId: 'open', security: [], responses: { 200: { description: 'ok' } } } },
    '/stats': {
      servers: [{ url: elsewhere }],
      get: { operationId: 'stats', responses: { 200: { description: 'ok' } } },
    },
    '/broken': { get: { parameters: [{ $ref: 'other.yaml#/x' }], responses: {} } },
  },
});

interface ToolResult {
  readonly isError?: boolean;
  readonly content: { readonly text: string }[];
  readonly structuredContent?: Record<string, unknown>;
}

describe.each(['embedded', 'distributed'] as const)('an HTTP API behind a gateway that is %s', (mode) => {
  let gateway: Gateway;
  let api: RestDouble;
  let other: RestDouble;
  let documents: RestDouble;
  let client: Client;
  let legacy: Client;

  beforeAll(async () => {
    [api, other, documents] = await Promise.all([startRestDouble(), startRestDouble(), startRestDouble()]);
    gateway = await startGateway({ mode, ...(mode === 'distributed' && { replicas: 2 }) });
    documents.answer(() => ({
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(documentOf(api.url, other.url)),
    }));
    [client, legacy] = await Promise.all([gateway.client('modern'), gateway.client('legacy')]);
  });
  afterAll(async () => {
    await client?.close();
    await legacy?.close();
    await gateway?.stop();
    for (const double of [api, other, documents]) await double?.stop();
  });
  beforeEach(() => {
    onTestFailed(() => console.error(gateway.logs().slice(-8_000)));
    api.received.length = 0;
    api.answer(({ method, target }) => ({
      headers: { 'content-type': 'application/json', link: '<next>; rel="next"' },
      body: JSON.stringify({ method, target }),
    }));
  });

  const call = async (name: string, args: object, by = client): Promise<ToolResult> =>
    (await by.callTool({ name, arguments: args as Record<string, unknown> })) as unknown as ToolResult;
  const last = (): ReceivedRequest => api.received.at(-1) as ReceivedRequest;
  /** A modern client keeps a list for as long as it is good, so each look is a new one's. */
  const names = async (era: 'modern' | 'legacy' = 'modern'): Promise<string[]> => {
    const fresh = await gateway.client(era);
    const { tools } = await fresh.listTools();
    await fresh.close();
    return tools.map(({ name }) => name).sort();
  };
  let petsId = '';

  it('an HTTP API is previewed before anything is stored', async () => {
    const preview = await gateway.admin.call<Record<string, unknown>>('POST', '/v1/openapi/preview', {
      document_url: documents.url,
      name: 'Pets',
    });
    expect(preview).toMatchObject({
      version: '3.0',
      title: 'Pets',
      baseUrl: `${api.url}/v1`,
      methods: { GET: 3, PATCH: 1, POST: 1 },
      securitySchemes: { key: { type: 'apiKey', in: 'header', name: 'X-Key' } },
      skipped: [{ key: 'GET /broken', reason: expect.stringContaining('other.yaml') }],
    });
    expect(preview['tags']).toEqual(
      expect.arrayContaining([
        { name: 'read', tools: 1 },
        { name: 'write', tools: 2 },
      ]),
    );
    expect(await names()).toEqual([]);
  });

  it('an HTTP API becomes tools that clients of both eras list', async () => {
    const registered = await gateway.admin.register({
      name: 'Pets',
      transport: 'OPENAPI',
      openapi: { documentUrl: documents.url },
      authType: 'authheaders',
      authHeaders: [{ key: 'X-Key', value: 'secret-key-0815' }],
    });
    petsId = registered.id;
    expect(registered).toMatchObject({ transport: 'OPENAPI', url: `${api.url}/v1`, toolCount: 5 });
    expect(registered['refused']).toEqual([{ list: 'tools', name: 'GET /broken', reason: expect.any(String) }]);
    const expected = ['pets-open', 'pets-pets_change', 'pets-pets_get', 'pets-pets_upload'];
    await expect.poll(() => names()).toEqual(expected);
    await expect.poll(() => names('legacy')).toEqual(expected);
    const { tools } = await legacy.listTools();
    expect(tools.find(({ name }) => name === 'pets-pets_get')).toMatchObject({
      title: 'One pet',
      annotations: { readOnlyHint: true, destructiveHint: false },
      inputSchema: { type: 'object', required: ['id'] },
    });
  });

  it('an HTTP API receives a call as the request that the document describes, with the credential', async () => {
    const args = { id: 'a/b', fields: ['x', 'y,z'], created: { gte: 1 }, 'X-Trace': 't' };
    for (const by of [client, legacy]) {
      const result = await call('pets-pets_get', args, by);
      expect(last()).toMatchObject({
        method: 'GET',
        target: '/v1/pets/a%2Fb?fields=x,y%2Cz&created%5Bgte%5D=1',
        headers: { 'x-key': 'secret-key-0815', 'x-trace': 't' },
      });
      expect(last().headers['traceparent']).toMatch(/^00-/);
      expect(result.isError ?? false).toBe(false);
      expect(result.structuredContent).toEqual({ method: 'GET', target: last().target });
    }
  });

  it('an HTTP API keeps digits that a number cannot hold, on the way there and back', async () => {
    api.answer(() => ({ headers: { 'content-type': 'application/json' }, body: '{"id":12345678901234567890}' }));
    const result = await call('pets-pets_get', { id: '98765432109876543210' });
    expect(last().target).toBe('/v1/pets/98765432109876543210');
    expect(result.content[0]?.text).toBe('{"id":12345678901234567890}');
  });

  it('an HTTP API receives bodies as JSON and as multipart', async () => {
    await call('pets-pets_change', { id: '1', body: { name: 'Rex' } });
    expect(last()).toMatchObject({ method: 'PATCH', headers: { 'content-type': 'application/json' } });
    expect(last().body.toString()).toBe('{"name":"Rex"}');
    api.answer(() => ({ status: 204 }));
    const result = await call('pets-pets_upload', { body: { photo: 'aGVsbG8=', name: 'Rex' } });
    expect(last().headers['content-type']).toMatch(/^multipart\/form-data; boundary=/);
    expect(last().body.toString()).toMatch(/name="photo"; filename="photo"[^]*hello[^]*name="name"[^]*Rex/);
    expect(result.content[0]?.text).toContain('204');
  });

  it('an HTTP API receives nothing where the arguments do not fit', async () => {
    for (const [args, problem] of [
      [{}, 'id'],
      [{ id: '..' }, 'dots only'],
      [{ id: '1', 'X-Trace': 'a\r\nX-Evil: 1' }, 'cannot carry'],
      [{ id: '1', colour: 'red' }, 'colour'],
    ] as const) {
      const result = await call('pets-pets_get', args);
      expect(result.isError).toBe(true);
      expect(result.content[0]?.text).toContain(problem);
    }
    expect(api.received).toEqual([]);
  });

  it('an HTTP API is shown no credential where an operation needs none', async () => {
    await call('pets-open', {});
    expect(last().headers).not.toHaveProperty('x-key');
  });

  it('an HTTP API has its failures told to the model, and never the credential', async () => {
    api.answer(({ headers }) => ({
      status: 401,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ problem: `bad ${headers['x-key']}` }),
    }));
    const refused = await call('pets-pets_get', { id: '1' });
    expect(refused).toMatchObject({ isError: true });
    expect(refused.content[0]?.text).toMatch(/^401.*\nThe credential that was sent: x-key/);
    expect(refused.content[0]?.text).not.toContain('secret-key-0815');
    api.answer(() => ({ status: 302, headers: { location: `${other.url}/elsewhere` } }));
    expect((await call('pets-pets_get', { id: '1' })).content[0]?.text).toContain('not followed');
    expect(other.received).toEqual([]);
  });

  it('an HTTP API is asked once more where a connection breaks, for what can be repeated only', async () => {
    const answers = [{ broken: true as const }];
    api.answer(() => answers.pop() ?? { headers: { 'content-type': 'application/json' }, body: '{"ok":true}' });
    expect((await call('pets-pets_get', { id: '1' })).structuredContent).toEqual({ ok: true });
    expect(api.received).toHaveLength(2);
    api.received.length = 0;
    api.answer(() => ({ broken: true }));
    await expect(call('pets-pets_change', { id: '1', body: { name: 'x' } })).rejects.toThrow('closed the connection');
    expect(api.received).toHaveLength(1);
  });

  it('an HTTP API is let go when the client cancels', async () => {
    api.answer(() => ({ silent: true }));
    const abort = new AbortController();
    const pending = client.callTool({ name: 'pets-pets_get', arguments: { id: '1' } }, { signal: abort.signal });
    await expect.poll(() => api.received.length).toBe(1);
    abort.abort();
    await expect(pending).rejects.toThrow();
    await expect.poll(() => api.abandoned.length).toBe(1);
  });

  it('an HTTP API has an operation of another server disabled, and shown no credential once it is enabled', async () => {
    const tools = await gateway.admin.call<{ id: string; name: string; enabled: boolean; integrationType: string }[]>(
      'GET',
      '/v1/tools?include_inactive=true',
    );
    const stats = tools.find(({ name }) => name === 'pets-stats');
    expect(stats).toMatchObject({ enabled: false, integrationType: 'REST' });
    await gateway.admin.call('POST', `/v1/tools/${stats?.id}/state?activate=true`);
    await expect.poll(() => names()).toContain('pets-stats');
    await call('pets-stats', {});
    expect(other.received.at(-1)?.target).toBe('/stats');
    expect(other.received.at(-1)?.headers).not.toHaveProperty('x-key');
  });

  it('an HTTP API keeps names over a refresh that tells what changed', async () => {
    const next = documentOf(api.url, other.url);
    next.paths['/pets/{id}'].get.operationId = 'renamed';
    next.paths['/pets/{id}'].get.parameters.push({ name: 'lang', in: 'query', required: true, schema: string });
    const { '/open': _, ...paths } = next.paths;
    documents.answer(() => ({
      headers: { 'content-type': 'application/yaml' },
      body: JSON.stringify({ ...next, paths }),
    }));
    const preview = await gateway.admin.call<{ changes: object[] }>('POST', '/v1/openapi/preview', {
      documentUrl: documents.url,
      gatewayId: petsId,
    });
    const changes = [
      { key: 'GET /pets/{id}', name: 'pets_get', kind: 'breaking', reasons: ['"lang" is required now'] },
      { key: 'GET /open', name: 'open', kind: 'removed' },
    ];
    expect(preview.changes).toEqual(changes);
    const refreshed = await gateway.admin.call('POST', `/v1/gateways/${petsId}/tools/refresh`);
    expect(refreshed).toMatchObject({ toolsUpdated: 1, toolsRemoved: 1, toolsAdded: 0, changes });
    await expect.poll(async () => (await call('pets-pets_get', { id: '1' })).content[0]?.text ?? '').toContain('lang');
    expect((await call('pets-pets_get', { id: '1', lang: 'de' })).isError ?? false).toBe(false);
    expect(last().target).toBe('/v1/pets/1?lang=de');
    expect(await names()).not.toContain('pets-open');
  });

  it('an HTTP API keeps what it has where a refresh finds no document', async () => {
    documents.answer(() => ({ body: 'not: [a document' }));
    await expect(gateway.admin.call('POST', `/v1/gateways/${petsId}/tools/refresh`)).rejects.toThrow('422');
    documents.answer(() => ({ status: 500 }));
    await expect(gateway.admin.call('POST', `/v1/gateways/${petsId}/tools/refresh`)).rejects.toThrow('502');
    expect(await names()).toContain('pets-pets_get');
  });

  it('an HTTP API takes a document that is handed over, in part', async () => {
    const body = {
      name: 'Handed over',
      transport: 'OPENAPI',
      url: other.url,
      openapi: { document: JSON.stringify(documentOf(api.url, other.url)), tags: ['read'] },
    } as const;
    const { id } = await gateway.admin.register(body);
    await expect.poll(() => names()).toContain('handed-over-pets_get');
    expect(await call('handed-over-pets_get', { id: '7' })).toMatchObject({ structuredContent: { method: 'GET' } });
    // Without a path of its own the URL takes the place of the host alone.
    expect(other.received.at(-1)?.target).toBe('/v1/pets/7');
    await expect(gateway.admin.call('POST', `/v1/gateways/${id}/tools/refresh`)).rejects.toThrow('hand it over again');
    const readOnlyOperations = ['PATCH /pets/{id}'];
    const openapi = { document: body.openapi.document, tags: ['write'], readOnlyOperations };
    const changed = await gateway.admin.call('PUT', `/v1/gateways/${id}`, { openapi });
    expect(changed).toMatchObject({ openapi: { readOnlyOperations } });
    await expect.poll(() => names()).toContain('handed-over-pets_change');
    // Each replica hears of it for itself.
    const hint = async () => {
      const { tools } = await legacy.listTools();
      return tools.find(({ name }) => name === 'handed-over-pets_change')?.annotations?.readOnlyHint;
    };
    await expect.poll(hint).toBe(true);
    await expect.poll(() => names()).not.toContain('handed-over-pets_get');
    await gateway.admin.call('DELETE', `/v1/gateways/${id}`);
  });

  it.each([
    ['no document', { openapi: {} }, 'document or documentUrl is needed'],
    ['nothing of it', {}, 'openapi is needed'],
    ['both', { openapi: { document: '{}', documentUrl: 'https://a.test' } }, 'either document or documentUrl'],
    ['no OpenAPI', { openapi: { document: '{}' } }, 'no OpenAPI document'],
    ['no host', { openapi: { document: '{"openapi":"3.0.0","paths":{}}' } }, 'names no host'],
    ['a forbidden address', { openapi: { documentUrl: 'http://169.254.169.254/x' } }, 'not allowed'],
  ])('an HTTP API is refused with %s', async (_, body, message) => {
    await expect(gateway.admin.register({ name: 'Refused', transport: 'OPENAPI', ...body })).rejects.toThrow(message);
  });

  it('an HTTP API becomes one tool that is described by hand', async () => {
    const created = await gateway.admin.call<{ id: string; gatewayId: string }>('POST', '/tools', {
      tool: {
        name: 'create_order',
        url: `${api.url}/shops/{shop_id}/orders?source=mcp`,
        integration_type: 'REST',
        request_type: 'POST',
        description: 'Orders something',
        headers: { 'X-Api-Version': '3', Authorization: 'Bearer order-secret-77' },
        input_schema: {
          type: 'object',
          required: ['item'],
          properties: { shop_id: string, item: string, dry_run: { type: 'boolean' }, tenant: string },
        },
        query_mapping: { dry_run: 'dryRun' },
        header_mapping: { tenant: 'X-Tenant' },
      },
      visibility: 'public',
    });
    expect(created).toMatchObject({ name: 'create_order', integrationType: 'REST' });
    expect(JSON.stringify(created)).not.toContain('order-secret-77');
    await expect.poll(() => names()).toContain('create_order');
    const result = await call('create_order', { shop_id: 's 1', item: 'tea', dry_run: true, tenant: 't1' });
    expect(result.isError ?? false).toBe(false);
    expect(last()).toMatchObject({
      method: 'POST',
      target: '/shops/s%201/orders?source=mcp&dryRun=true',
      headers: { 'x-tenant': 't1', 'x-api-version': '3', authorization: 'Bearer order-secret-77' },
    });
    expect(JSON.parse(last().body.toString())).toEqual({ item: 'tea' });
    expect((await call('create_order', { item: 'tea' })).content[0]?.text).toContain('shop_id');
    await gateway.admin.call('DELETE', `/tools/${created.id}`);
    await expect.poll(() => names()).not.toContain('create_order');
    await expect(gateway.admin.call('GET', `/gateways/${created.gatewayId}`)).rejects.toThrow('404');
  });

  it('an HTTP API is shown a key in the query and cookies, and has its answers filtered', async () => {
    const paths = {
      '/items': {
        get: {
          operationId: 'items',
          parameters: [
            { name: 'lang', in: 'cookie', schema: string },
            { name: 'q', in: 'query', schema: string },
            { name: 'api_key', in: 'query', required: true, schema: string },
          ],
        },
      },
    };
    const securitySchemes = { key: { type: 'apiKey', in: 'query', name: 'api_key' } };
    const document = JSON.stringify({
      openapi: '3.1.0',
      servers: [{ url: api.url }],
      security: [{ key: [] }],
      paths,
      components: { securitySchemes },
    });
    const openapi = { document, responseFilters: { 'GET /items': '.items[] | {id, price}' } };
    const asked = { name: 'Items', transport: 'OPENAPI', openapi, auth_type: 'query_param' } as const;
    const { id } = await gateway.admin.register({
      ...asked,
      auth_query_param_key: 'api_key',
      auth_query_param_value: 'query secret+1',
    });
    expect(await gateway.admin.call('GET', `/gateways/${id}`)).toMatchObject({
      authType: 'query_param',
      authQueryParamKey: 'api_key',
      authQueryParamValue: '*****',
    });
    await expect.poll(() => names()).toContain('items-items');
    const body = '{"items":[{"id":12345678901234567890,"price":2,"secret":"x"},{"id":2}]}';
    api.answer(() => ({ headers: { 'content-type': 'application/json' }, body }));
    const result = await call('items-items', { q: 'a', lang: 'de' });
    expect(last().target).toBe('/items?api_key=query%20secret%2B1&q=a');
    expect(result.content[0]?.text).toBe('[{"id":12345678901234567890,"price":2},{"id":2,"price":null}]');
    expect(result.structuredContent).toMatchObject({ result: [{ price: 2 }, { id: 2, price: null }] });

    const authHeaders = [{ key: 'Cookie', value: 'session=s3cret-session' }];
    const cookies = {
      authType: 'authheaders',
      authHeaders,
      openapi: { ...openapi, credentialParameters: ['api_key'] },
    };
    await gateway.admin.call('PUT', `/gateways/${id}`, cookies);
    await expect
      .poll(async () => (await call('items-items', { lang: 'de' }), last().headers['cookie']))
      .toBe('session=s3cret-session; lang=de');
    for (const [answer, problem] of [
      [{ body: '<p>secret page</p>', headers: { 'content-type': 'text/html' } }, 'no JSON'],
      [{ body: '{"items":"secret"}', headers: { 'content-type': 'application/json' } }, 'does not fit the filter'],
    ] as const) {
      api.answer(() => answer);
      const kept = await call('items-items', {});
      expect(kept).toMatchObject({ isError: true });
      expect(kept.content[0]?.text).toContain(problem);
      expect(JSON.stringify(kept)).not.toContain('secret');
    }
    api.answer(() => ({ status: 404, body: 'no such thing' }));
    expect((await call('items-items', {})).content[0]?.text).toMatch(/^404[^]*no such thing/);

    const refused = (responseFilters: object) =>
      gateway.admin.call('PUT', `/gateways/${id}`, { openapi: { document, responseFilters } });
    await expect(refused({ 'GET /items': '.a[' })).rejects.toThrow('is not valid jq');
    await expect(refused({ 'GET /none': '.' })).rejects.toThrow('none of the operations');
    const misspelt = { document, readOnlyOperations: ['GET /item'] };
    await expect(gateway.admin.call('PUT', `/gateways/${id}`, { openapi: misspelt })).rejects.toThrow(
      /readOnlyOperations: .*none of the operations/,
    );
    await gateway.admin.call('DELETE', `/gateways/${id}`);
  });

  it('an HTTP API has its answers filtered for a tool that is described by hand', async () => {
    const tool = { name: 'ids', url: `${api.url}/ids`, request_type: 'GET', jsonpath_filter: '.rows[].id' };
    await expect(gateway.admin.call('POST', '/tools', { ...tool, jsonpath_filter: '$.rows[*]' })).rejects.toThrow(
      'jsonpathFilter is not valid jq',
    );
    const { id } = await gateway.admin.call<{ id: string }>('POST', '/tools', tool);
    await expect.poll(() => names()).toContain('ids');
    api.answer(() => ({ headers: { 'content-type': 'application/json' }, body: '{"rows":[{"id":1},{"id":2}]}' }));
    expect((await call('ids', {})).structuredContent).toEqual({ result: [1, 2] });
    await gateway.admin.call('DELETE', `/tools/${id}`);
  });

  it('an HTTP API has the schemas of one operation read off its document', async () => {
    documents.answer(() => ({ body: JSON.stringify(documentOf(documents.url, other.url)) }));
    const answer = await gateway.admin.call('POST', '/v1/tools/generate-schemas-from-openapi', {
      url: `${documents.url}/v1/pets/{id}`,
      request_type: 'PATCH',
    });
    expect(answer).toMatchObject({
      success: true,
      spec_url: `${documents.url}/openapi.json`,
      input_schema: { required: ['id', 'body'], properties: { body: { required: ['name'] } } },
      output_schema: null,
    });
    await expect(
      gateway.admin.call('POST', '/tools/generate-schemas-from-openapi', { url: `${documents.url}/v1/none` }),
    ).rejects.toThrow('404');
  });

  it('an HTTP API has its calls recorded like any other', async () => {
    const records = async () => JSON.stringify(await gateway.admin.call('GET', '/metrics'));
    await expect.poll(records).toContain('pets-pets_get');
  });
});
