import type { Client } from '@modelcontextprotocol/client';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFailed } from 'vitest';
import { type Gateway, type GrpcDouble, shopDescriptorSet, startGateway, startGrpcDouble } from '#libs/testing';

interface ToolResult {
  readonly isError?: boolean;
  readonly content: { readonly text: string }[];
  readonly structuredContent?: Record<string, unknown>;
}

describe('a gRPC server behind a gateway', () => {
  let gateway: Gateway;
  let shop: GrpcDouble;
  let other: GrpcDouble;
  let silent: GrpcDouble;
  let client: Client;
  let legacy: Client;

  beforeAll(async () => {
    [shop, other, silent] = await Promise.all([
      startGrpcDouble(),
      startGrpcDouble({ reflection: 'nice-grpc' }),
      startGrpcDouble({ reflection: 'none' }),
    ]);
    gateway = await startGateway({ mode: 'distributed', replicas: 2 });
    [client, legacy] = await Promise.all([gateway.client('modern'), gateway.client('legacy')]);
  });
  afterAll(async () => {
    await client?.close();
    await legacy?.close();
    await gateway?.stop();
    for (const double of [shop, other, silent]) await double?.stop();
  });
  beforeEach(() => {
    onTestFailed(() => console.error(gateway.logs().slice(-8_000)));
    shop.received.length = 0;
  });

  const call = async (name: string, args: object, by = client): Promise<ToolResult> =>
    (await by.callTool({ name, arguments: args as Record<string, unknown> })) as unknown as ToolResult;

  it('a gRPC server becomes tools that clients of both eras list, when it reflects a lossy description', async () => {
    const registered = await gateway.admin.register({
      name: 'Shop',
      transport: 'GRPC',
      url: shop.url,
      authType: 'authheaders',
      authHeaders: [{ key: 'X-Key', value: 'secret-key-0815' }],
    });
    expect(registered).toMatchObject({ transport: 'GRPC', url: shop.url, toolCount: 5 });
    expect(registered['refused']).toEqual([
      { list: 'tools', name: '/shop.v1.Shop/UploadItems', reason: expect.stringContaining('stream of requests') },
    ]);
    const names = [
      'shop-Shop_EchoItem',
      'shop-Shop_Fail',
      'shop-Shop_GetItem',
      'shop-Shop_ListItems',
      'shop-Shop_Wait',
    ];
    for (const era of ['modern', 'legacy'] as const) {
      const fresh = await gateway.client(era);
      const { tools } = await fresh.listTools();
      await fresh.close();
      expect(tools.map(({ name }) => name).sort()).toEqual(names);
      expect(tools.find(({ name }) => name === 'shop-Shop_EchoItem')?.inputSchema).toMatchObject({
        type: 'object',
        properties: { priceCents: { type: ['string', 'integer'] }, madeAt: { format: 'date-time' } },
      });
    }
  });

  it('a gRPC server becomes the same tools when it reflects its files one by one, in v1 alone', async () => {
    const registered = await gateway.admin.register({
      name: 'Other',
      transport: 'GRPC',
      url: other.url,
      grpc: { services: ['shop.v1.Shop'], proto_field_names: true },
    });
    expect(registered['toolCount']).toBe(5);
    const { structuredContent } = await call('other-Shop_GetItem', { name: 'lamp' });
    expect(structuredContent).toEqual({
      name: 'lamp',
      price_cents: '9007199254740993',
      stock: { north: 3 },
      size: 'SIZE_BIG',
    });
  });

  it('a gRPC server without reflection becomes tools when its descriptors are handed over', async () => {
    await expect(gateway.admin.register({ name: 'Silent', transport: 'GRPC', url: silent.url })).rejects.toThrow(
      /it has no reflection/,
    );
    const registered = await gateway.admin.register({
      name: 'Silent',
      transport: 'GRPC',
      url: silent.url,
      grpc: { descriptor_set: shopDescriptorSet().toString('base64') },
    });
    expect(registered['grpc']).toEqual({ reflection: false, services: [], protoFieldNames: false });
    const { tools } = await client.listTools();
    expect(tools.find(({ name }) => name === 'silent-Shop_GetItem')).toMatchObject({
      description: 'One item, by its name.',
      annotations: { readOnlyHint: true, idempotentHint: true },
    });
    expect(await call('silent-Shop_GetItem', { name: 'desk' }, legacy)).toMatchObject({
      structuredContent: { name: 'desk' },
    });
    await expect(gateway.admin.call('POST', `/v1/gateways/${registered.id}/tools/refresh`)).rejects.toThrow(
      /hand them over again/,
    );
  });

  it('a gRPC server is called by its .proto files, and what is wrong with them is told with file and line', async () => {
    const types =
      'syntax = "proto3";\npackage shop.v1;\nmessage ItemRequest { string name = 1; }\nmessage Item { string name = 1; }';
    const service = `syntax = "proto3";
package shop.v1;
import "shop/v1/types.proto";
service Shop {
  // Gives one item.
  rpc GetItem(ItemRequest) returns (Item);
}`;
    const register = (...proto_files: { name: string; content: string }[]) =>
      gateway.admin.register({ name: 'Written', transport: 'GRPC', url: silent.url, grpc: { proto_files } });
    const file = { name: 'shop/v1/shop.proto', content: service };
    await expect(register(file)).rejects.toThrow(
      /422.*grpc\.protoFiles: shop\/v1\/shop\.proto:6: the type ItemRequest/,
    );
    await expect(register({ ...file, name: '../shop.txt' })).rejects.toThrow(/422/);
    const { id, toolCount } = await register(file, { name: 'types.proto', content: types });
    expect(toolCount).toBe(1);
    await expect
      .poll(async () => (await client.listTools()).tools.map(({ name }) => name))
      .toContain('written-Shop_GetItem');
    const { tools } = await client.listTools();
    expect(tools.find(({ name }) => name === 'written-Shop_GetItem')?.description).toContain('Gives one item.');
    expect((await call('written-Shop_GetItem', { name: 'lamp' })).structuredContent).toEqual({ name: 'lamp' });
    await gateway.admin.call('DELETE', `/gateways/${id}`);
  });

  it('a call carries every kind of field there and back, with the credential and the time that is left', async () => {
    const item = {
      name: 'chair',
      priceCents: '1250',
      stock: { north: 2, south: 0 },
      size: 'SIZE_BIG',
      parent: { name: 'set', parent: { name: 'room' } },
      count: 0,
      pictureData: 'aGVsbG8=',
      madeAt: '2026-11-29T10:00:00.500Z',
      keeps: '90s',
      extra: { deep: [1, null, 'x'] },
      note: 'as new',
      mask: 'name,priceCents',
      anything: { '@type': 'type.googleapis.com/shop.v1.Stock', left: '3' },
      scores: [1.5, 2],
      parts: { 7: { name: 'leg' } },
    };
    const { structuredContent, content, isError } = await call('shop-Shop_EchoItem', item);
    expect(structuredContent).toEqual(item);
    expect(JSON.parse(content[0]?.text ?? '')).toEqual(item);
    expect(isError).toBe(false);
    const [received] = shop.received;
    expect(received).toMatchObject({ method: 'EchoItem', metadata: { 'x-key': 'secret-key-0815' } });
    expect(received?.timeoutMs).toBeGreaterThan(1_000);
    expect(received?.timeoutMs).toBeLessThan(65_000);
  });

  it.each([
    ['an argument is unknown', { nmae: 'x' }, /"nmae" is unknown/],
    ['an argument has another type', { priceCents: 'dear' }, /price_?cents/i],
    ['two of a choice are given', { pictureUrl: 'u', pictureData: 'aGk=' }, /picture/],
  ])('a call is answered with an error and nothing is sent when %s', async (_, args, message) => {
    const { isError, content } = await call('shop-Shop_EchoItem', args);
    expect(isError).toBe(true);
    expect(content[0]?.text).toMatch(message);
    expect(shop.received).toEqual([]);
  });

  it('a status that is no success is a result with isError, its name and its details', async () => {
    const { isError, content } = await call('shop-Shop_Fail', { name: '5' });
    expect(isError).toBe(true);
    const [line, details = ''] = content[0]?.text.split('\n') ?? [];
    expect(line).toBe('NOT_FOUND: no such item – sorry');
    expect(JSON.parse(details)).toEqual({ '@type': 'type.googleapis.com/shop.v1.Stock', left: '7' });
    expect((await call('shop-Shop_Fail', { name: '16' })).content[0]?.text).toContain(
      'The credential that was sent: x-key.',
    );
  });

  it('a stream is collected, with progress for each message', async () => {
    const progress: number[] = [];
    const result = (await client.callTool(
      { name: 'shop-Shop_ListItems', arguments: { name: '3' } },
      { onprogress: (each) => progress.push(each.progress) },
    )) as unknown as ToolResult;
    expect(result.structuredContent).toEqual({
      messages: [{ name: 'item 1' }, { name: 'item 2' }, { name: 'item 3' }],
    });
    expect(progress.at(-1)).toBe(3);
  });

  it('a stream without end is cut where it has a thousand messages, and cancelled', async () => {
    const { structuredContent } = await call('shop-Shop_ListItems', { name: '0' });
    expect(structuredContent).toMatchObject({ truncated: true });
    expect(structuredContent?.['messages']).toHaveLength(1_000);
    await expect.poll(() => shop.received[0]?.isCancelled).toBe(true);
  });

  it('a call is cancelled at the server when its client cancels it', async () => {
    const controller = new AbortController();
    const waiting = client.callTool(
      { name: 'shop-Shop_Wait', arguments: { name: 'x' } },
      { signal: controller.signal },
    );
    await expect.poll(() => shop.received.length).toBe(1);
    controller.abort();
    await expect(waiting).rejects.toThrow();
    await expect.poll(() => shop.received[0]?.isCancelled).toBe(true);
  });
});
