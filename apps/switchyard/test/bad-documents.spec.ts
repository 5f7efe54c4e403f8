import type { Client } from '@modelcontextprotocol/client';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFailed } from 'vitest';
import { type Gateway, type RestDouble, startGateway, startRestDouble } from '#libs/testing';

const MIB = 1_048_576;
/** Of the heap of the whole gateway, which ends where it needs more: less than a hostile document of 32 MB would take once it is read. */
const HEAP_MIB = 320;
const OK = { responses: { 200: { description: 'ok' } } };

describe('a document that is bad for whoever reads it', () => {
  let gateway: Gateway;
  let api: RestDouble;
  let documents: RestDouble;
  let client: Client;

  beforeAll(async () => {
    [api, documents] = await Promise.all([startRestDouble(), startRestDouble()]);
    gateway = await startGateway({
      mode: 'embedded',
      env: { NODE_OPTIONS: `--max-old-space-size=${HEAP_MIB}` },
    });
    client = await gateway.client('modern');
  });
  afterAll(async () => {
    await client?.close();
    await gateway?.stop();
    await api?.stop();
    await documents?.stop();
  });
  beforeEach(() => onTestFailed(() => console.error(gateway.logs().slice(-8_000))));

  const serve = (paths: object, more: object = {}): void => {
    const document = {
      openapi: '3.1.0',
      info: { title: 'Bad', version: '1' },
      servers: [{ url: api.url }],
      paths,
      ...more,
    };
    documents.answer(() => ({ headers: { 'content-type': 'application/json' }, body: JSON.stringify(document) }));
  };
  const register = (name: string, choice: object = { paths: ['/'] }) =>
    gateway.admin.register({
      name,
      transport: 'OPENAPI',
      openapi: { documentUrl: documents.url, ...choice },
      toolPrefix: '',
      toolNameStyle: 'exact',
    });
  const stored = async (): Promise<[gateways: number, tools: number]> => {
    const [gateways, tools] = await Promise.all([
      gateway.admin.call<unknown[]>('GET', '/gateways?include_inactive=true'),
      gateway.admin.call<unknown[]>('GET', '/tools?include_inactive=true'),
    ]);
    return [gateways.length, tools.length];
  };

  it('a document is refused and nothing stored when it has more than 32 MB', async () => {
    serve({ '/a': { get: OK } }, { 'x-long': 'x'.repeat(32 * MIB) });
    await expect(register('long')).rejects.toThrow(/more than 33554432 bytes/);
    expect(await stored()).toEqual([0, 0]);
  });

  it('a document is read when it has nearly 32 MB', async () => {
    serve({ '/a': { get: { operationId: 'a', ...OK } } }, { 'x-long': 'x'.repeat(31 * MIB) });
    const { id, toolCount } = await register('nearly');
    expect(toolCount).toBe(1);
    await gateway.admin.call('DELETE', `/gateways/${id}`);
  });

  it.each([
    ['31 MB of JSON', '{"openapi":"3.1.0","x":[', '{},'],
    ['31 MB of YAML', 'openapi: 3.1.0\nx: [', '{},'],
    ['31 MB of lines', 'openapi: 3.1.0\nx:\n', ' - a\n'],
  ])('a document is refused before it fills the memory when it is %s of many values', async (_, head, value) => {
    const body = head + value.repeat((31 * MIB) / value.length);
    documents.answer(() => ({ headers: { 'content-type': 'application/json' }, body }));
    await expect(register('swelling')).rejects.toThrow(/more than 2000000 values/);
    expect(await stored()).toEqual([0, 0]);
  });

  it('a document is refused and nothing stored when it has 10,000 operations, and is read when some are chosen', async () => {
    const operations = Array.from({ length: 10_000 }, (_, at) => [
      `/a${at}`,
      { get: { operationId: `a${at}`, ...OK } },
    ]);
    serve(Object.fromEntries(operations));
    await expect(register('many')).rejects.toThrow(/has 10000 operations; choose at most 2000/);
    expect(await stored()).toEqual([0, 0]);
    const { id, toolCount } = await register('many', { operations: ['GET /a9999', 'GET /a7'] });
    expect(toolCount).toBe(2);
    await gateway.admin.call('DELETE', `/gateways/${id}`);
  });

  it('a document is read without what its references do not lead to, and what leads back into itself is followed', async () => {
    const body = (name: string) => ({
      requestBody: { content: { 'application/json': { schema: { $ref: `#/components/schemas/${name}` } } } },
      ...OK,
    });
    const schemas = {
      Tree: {
        type: 'object',
        properties: { children: { type: 'array', items: { $ref: '#/components/schemas/Tree' } } },
      },
      Here: { $ref: '#/components/schemas/There' },
      There: { $ref: '#/components/schemas/Here' },
    };
    serve(
      {
        '/tree': { post: { operationId: 'tree', ...body('Tree') } },
        '/gone': { post: { operationId: 'gone', ...body('Gone') } },
        '/round': { post: { operationId: 'round', ...body('Here') } },
        '/item': { $ref: '#/paths/~1item' },
      },
      { components: { schemas } },
    );
    const { id, toolCount, refused } = await register('odd');
    const skipped = (refused as { name: string; reason: string }[]).map(({ name, reason }) => [name, reason !== '']);
    expect({ toolCount, skipped }).toEqual({ toolCount: 2, skipped: expect.arrayContaining([['POST /gone', true]]) });
    const children = [{ children: [{ children: [] }] }];
    expect(await client.callTool({ name: 'tree', arguments: { body: { children } } })).toMatchObject({
      isError: false,
    });
    await gateway.admin.call('DELETE', `/gateways/${id}`);
  });

  it('an argument is checked, and others are answered, when the pattern of a document is made to take for ever', async () => {
    const pattern = { type: 'string', pattern: '^(a+)+$' };
    const parameters = [{ name: 'c', in: 'query', schema: pattern }];
    serve({ '/slow': { get: { operationId: 'slow', parameters, ...OK } } });
    await register('hostile');
    api.received.length = 0;
    const c = `${'a'.repeat(20_000)}!`;
    expect(await client.callTool({ name: 'slow', arguments: { c } })).toMatchObject({ isError: true });
    expect(api.received).toEqual([]);
    expect(await client.callTool({ name: 'slow', arguments: { c: 'aaa' } })).toMatchObject({ isError: false });
  });
});
