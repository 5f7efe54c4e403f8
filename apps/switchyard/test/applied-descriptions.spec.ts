import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  type Gateway,
  type GrpcDouble,
  type RestDouble,
  startGateway,
  startGrpcDouble,
  startRestDouble,
  temporaryFolder,
} from '#libs/testing';
import { runCommandLine } from '../src/command-line.js';

const GUIDE = readFileSync(new URL('../../../docs/guides/gitops.md', import.meta.url), 'utf8');
const [, UPSTREAMS = ''] = /```yaml\n# described\/upstreams\.yaml\n([^]*?)```/.exec(GUIDE) ?? [];

const TYPES = `syntax = "proto3";
package shop.v1;
message ItemRequest {
  // Which one.
  string name = 1;
}
message Item { string name = 1; }`;
const SERVICE = `syntax = "proto3";
package shop.v1;
import "stock/v1/types.proto";
service Shop {
  // Gives one item.
  rpc GetItem(ItemRequest) returns (Item);
}`;
const ORDERS = `openapi: 3.1.0
info: { title: Orders, version: '1' }
paths:
  /orders:
    get:
      operationId: list
      summary: All orders
      responses: { 200: { description: ok } }
`;

describe('upstreams that files of the folder describe', () => {
  let gateway: Gateway;
  let shop: GrpcDouble;
  let orders: RestDouble;
  const folder = temporaryFolder('applied-descriptions');

  const write = (path: string, text: string): void => {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  };
  const run = async (...args: string[]): Promise<{ code: number; output: string }> => {
    let output = '';
    const spies = (['stdout', 'stderr'] as const).map((stream) =>
      vi.spyOn(process[stream], 'write').mockImplementation((text) => {
        output += String(text);
        return true;
      }),
    );
    try {
      return { code: await runCommandLine(args), output };
    } finally {
      process.exitCode = undefined;
      for (const spy of spies) spy.mockRestore();
    }
  };
  const apply = (...more: string[]) => run('apply', '-f', join(folder, 'described'), ...more);
  const descriptions = async (): Promise<string[]> => {
    const listed = await gateway.admin.call<{ name: string; description: string }[]>('GET', '/tools');
    return listed.map(({ name, description }) => `${name}: ${description}`).sort();
  };

  beforeAll(async () => {
    [shop, orders] = await Promise.all([startGrpcDouble({ reflection: 'none' }), startRestDouble()]);
    gateway = await startGateway({ mode: 'embedded' });
    write(
      'described/upstreams.yaml',
      UPSTREAMS.replace('https://stock.example', shop.url).replace('https://orders.example', orders.url),
    );
    write('described/protos/stock/v1/types.proto', TYPES);
    write('described/protos/stock/v1/stock.proto', SERVICE);
    write('described/orders.yaml', ORDERS);
    vi.stubEnv('SWITCHYARD_URL', gateway.url);
    vi.stubEnv('SWITCHYARD_TOKEN', gateway.adminToken);
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await gateway?.stop();
    await shop?.stop();
    await orders?.stop();
    rmSync(folder, { recursive: true });
  });

  it('apply makes upstreams of .proto files and of a document, and nothing the second time', async () => {
    expect(await apply('--yes')).toEqual({
      code: 0,
      output: [
        '+ gateways "Stock"',
        '+ gateways "Orders"',
        '2 to make, 0 to change, 0 to remove, 0 as they are',
        'gateways "Stock"  created',
        'gateways "Orders"  created',
        '',
      ].join('\n'),
    });
    expect(await descriptions()).toEqual([
      expect.stringContaining('All orders'),
      expect.stringContaining('Gives one item.'),
    ]);
    expect(await apply('--yes')).toEqual({
      code: 0,
      output: '0 to make, 0 to change, 0 to remove, 2 as they are\n',
    });
  });

  it.each([
    ['protos/stock/v1/stock.proto', SERVICE.replace('Gives one item', 'Gives an item'), 'Stock', 'grpc'],
    ['orders.yaml', ORDERS.replace('All orders', 'Every order'), 'Orders', 'openapi'],
  ])('apply says that its upstream changes when %s does, if only in a text', async (path, text, name, member) => {
    write(`described/${path}`, text);
    const { output } = await apply('--yes');
    expect(output).toContain(`~ gateways "${name}"\n    ${member}: another, from the files that it names\n`);
    expect(output).toContain(`gateways "${name}"  updated\n`);
    expect((await descriptions()).join()).toContain(name === 'Stock' ? 'Gives an item' : 'Every order');
    expect((await apply('--yes')).output).toBe('0 to make, 0 to change, 0 to remove, 2 as they are\n');
  });

  it('apply moves an HTTP API when its document names another server and nothing else changes', async () => {
    const document = (url: string) =>
      `${ORDERS.replace('operationId: list', 'operationId: parcels').replace('Orders', 'Parcels')}servers: [{ url: '${url}' }]\n`;
    const urlOf = async (): Promise<unknown> => {
      const found = await gateway.admin.call<{ name: string; url: string }[]>('GET', '/gateways');
      return found.find(({ name }) => name === 'Parcels')?.url;
    };
    write(
      'moving/parcels.yaml',
      'gateways: [{ name: Parcels, transport: OPENAPI, openapi: { document_file: api.yaml } }]',
    );
    const applyMoving = () => run('apply', '-f', join(folder, 'moving'), '--set', 'moving', '--yes');
    write('moving/api.yaml', document(`${orders.url}/v1`));
    expect((await applyMoving()).output).toContain('gateways "Parcels"  created\n');
    expect(await urlOf()).toBe(`${orders.url}/v1`);
    write('moving/api.yaml', document(`${orders.url}/v2`));
    expect((await applyMoving()).output).toContain('gateways "Parcels"  updated\n');
    expect(await urlOf()).toBe(`${orders.url}/v2`);
    expect((await applyMoving()).output).toBe('0 to make, 0 to change, 0 to remove, 1 as they are\n');
    const found = await gateway.admin.call<{ id: string; name: string }[]>('GET', '/gateways');
    await gateway.admin.call('DELETE', `/gateways/${found.find(({ name }) => name === 'Parcels')?.id}`);
  });

  describe('what of an API is not served as its document says', () => {
    const UNCHANGED = '0 to make, 0 to change, 0 to remove, 2 as they are\n';
    const applyHeld = async (): Promise<string> =>
      (await run('apply', '-f', join(folder, 'held'), '--set', 'held', '--yes')).output;
    const documentOf = (...operations: readonly (readonly [name: string, text: string])[]): string =>
      JSON.stringify({
        openapi: '3.1.0',
        info: { title: 'Lots', version: '1' },
        servers: [{ url: orders.url }],
        paths: Object.fromEntries(
          operations.map(([operationId, summary]) => [
            `/${operationId}`,
            { get: { operationId, summary, responses: { 200: { description: 'ok' } } } },
          ]),
        ),
      });
    const gatewayOf = (name: string, members: string): string =>
      `{ name: ${name}, transport: OPENAPI, openapi: { document_file: ${name}.json }, tool_prefix: lots-, ${members} }`;

    beforeAll(async () => {
      write('held/lots.yaml', `gateways: [${gatewayOf('First', '')}, ${gatewayOf('Second', 'changes: hold_all')}]`);
      write('held/First.json', documentOf(['one', 'The first']));
      write('held/Second.json', documentOf(['two', 'The second']));
      expect(await applyHeld()).toContain('gateways "Second"  created\n');
      expect(await applyHeld()).toBe(UNCHANGED);
    });
    afterAll(async () => {
      for (const { id, name } of await gateway.admin.call<{ id: string; name: string }[]>('GET', '/gateways'))
        if (name === 'First' || name === 'Second') await gateway.admin.call('DELETE', `/gateways/${id}`);
    });

    it('apply changes nothing the second time when the name of a new tool is taken', async () => {
      write('held/First.json', documentOf(['one', 'The first'], ['two', 'Of a name that is taken']));
      expect(await applyHeld()).toContain('gateways "First"  updated\n');
      expect(await applyHeld()).toBe(UNCHANGED);
    });

    it('apply changes nothing the second time when a change is held, and more when there is another', async () => {
      for (const text of ['The 2nd', 'The II.']) {
        write('held/Second.json', documentOf(['two', text], ['three', text]));
        expect(await applyHeld()).toContain('gateways "Second"  updated\n');
        expect(await applyHeld()).toBe(UNCHANGED);
      }
      expect((await descriptions()).join()).toContain('The second');
      const { changes: held } = await gateway.admin.call<{ changes: { id: string }[] }>(
        'GET',
        '/changes?state=pending',
      );
      expect(held).toHaveLength(2);
      for (const { id } of held) await gateway.admin.call('POST', `/changes/${id}/approve`, {});
      expect((await descriptions()).filter((each) => each.includes('The II.'))).toHaveLength(2);
      expect(await applyHeld()).toBe(UNCHANGED);
      write('held/Second.json', documentOf(['two', 'The II.']));
      expect(await applyHeld()).toContain('gateways "Second"  updated\n');
      expect(await applyHeld()).toBe(UNCHANGED);
    });
  });

  it('apply changes nothing the second time when a method of a gRPC server is held, nor once it is approved', async () => {
    const UNCHANGED = '0 to make, 0 to change, 0 to remove, 1 as they are\n';
    const method = (name: string): string => `rpc ${name}(Empty) returns (Empty);`;
    const proto = (methods: string): string =>
      `syntax = "proto3"; package lots; message Empty {} service Lots { ${methods} }`;
    const applyMethods = async (): Promise<string> =>
      (await run('apply', '-f', join(folder, 'methods'), '--set', 'methods', '--yes')).output;
    write(
      'methods/lots.yaml',
      `gateways: [{ name: Methods, transport: GRPC, url: "${shop.url}", changes: hold_all, grpc: { proto_files: [lots.proto] } }]`,
    );
    write('methods/lots.proto', proto(method('One')));
    expect(await applyMethods()).toContain('gateways "Methods"  created\n');
    write('methods/lots.proto', proto(method('One') + method('Two')));
    expect(await applyMethods()).toContain('gateways "Methods"  updated\n');
    expect(await applyMethods()).toBe(UNCHANGED);
    const { changes: held } = await gateway.admin.call<{ changes: { id: string; name: string }[] }>(
      'GET',
      '/changes?state=pending',
    );
    expect(held).toHaveLength(1);
    await gateway.admin.call('POST', `/changes/${held[0]?.id}/approve`, {});
    expect((await descriptions()).filter((each) => each.startsWith('methods-'))).toHaveLength(2);
    expect(await applyMethods()).toBe(UNCHANGED);
    write('methods/lots.proto', proto(method('One') + method('Two').replace('(Empty)', '(stream Empty)')));
    expect(await applyMethods()).toContain('gateways "Methods"  updated\n');
    const found = await gateway.admin.call<{ id: string; name: string }[]>('GET', '/gateways');
    await gateway.admin.call('DELETE', `/gateways/${found.find(({ name }) => name === 'Methods')?.id}`);
  });

  it('apply changes nothing when a file says the same in another way', async () => {
    write('described/orders.yaml', `# Orders\n${ORDERS.replace('All orders', "'Every order'")}`);
    write('described/protos/stock/v1/types.proto', TYPES.replace('message Item {', '\n\nmessage Item\n{'));
    expect((await apply('--yes')).output).toBe('0 to make, 0 to change, 0 to remove, 2 as they are\n');
  });

  it('apply of an export changes nothing, and its descriptors make the same tools elsewhere', async () => {
    const { code, output } = await run('export', '--only', 'gateways/Stock');
    expect(code).toBe(0);
    write('exported/upstreams.json', output);
    const applyExport = () => run('apply', '-f', join(folder, 'exported'), '--set', 'exported', '--yes');
    expect((await applyExport()).output).toBe('0 to make, 0 to change, 0 to remove, 1 as they are\n');
    const before = await descriptions();
    const found = await gateway.admin.call<{ id: string; name: string }[]>('GET', '/gateways');
    await gateway.admin.call('DELETE', `/gateways/${found.find(({ name }) => name === 'Stock')?.id}`);
    expect((await applyExport()).output).toContain('gateways "Stock"  created');
    expect(await descriptions()).toEqual(before);
  });

  it.each([
    ['is not there', 'proto_files: [none.proto]', /names .*none\.proto, which cannot be read \(ENOENT\)/],
    ['lies outside of the folder', 'proto_files: [../secret.proto]', /names a file outside of/],
    ['is given beside what it holds', 'descriptor_set: AA==, descriptor_file: x.pb', /give one/],
  ])('apply ends with 2 before anything is asked when a file that an entry names %s', async (_what, grpc, problem) => {
    write('bad/one.yaml', `gateways: [{name: a, transport: GRPC, url: "http://a.example", grpc: {${grpc}}}]`);
    const { code, output } = await run('apply', '-f', join(folder, 'bad'), '--yes');
    expect({ code, output }).toEqual({ code: 2, output: expect.stringMatching(problem) });
  });

  it('apply changes nothing when a .proto file is wrong, and says where', async () => {
    write('described/protos/stock/v1/types.proto', TYPES.replace('string name = 1', 'strnig name = 1'));
    const { code, output } = await apply('--yes');
    expect(code).toBe(1);
    expect(output).toMatch(/! gateways "Stock": .*protos\/stock\/v1\/types\.proto:5: the type strnig/);
  });
});
