import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFailed } from 'vitest';
import {
  type A2aDouble,
  type Gateway,
  freePort,
  type GrpcDouble,
  startA2aDouble,
  startGateway,
  startGrpcDouble,
  startRestDouble,
  type RestDouble,
} from '#libs/testing';

describe('what is no MCP server, at several addresses behind a gateway', () => {
  let gateway: Gateway;
  let api: RestDouble;
  let shop: GrpcDouble;
  let agent: A2aDouble;
  let dead: string;
  beforeAll(async () => {
    [api, shop, agent] = await Promise.all([
      startRestDouble(),
      startGrpcDouble(),
      startA2aDouble({ version: '1.0', name: 'Second' }),
    ]);
    dead = `http://127.0.0.1:${await freePort()}`;
    gateway = await startGateway({ mode: 'embedded', env: { HEALTH_CHECK_INTERVAL: '1' } });
  });
  afterAll(async () => {
    await gateway?.stop();
    for (const double of [api, shop, agent]) await double?.stop();
  });
  beforeEach(() => onTestFailed(() => console.error(gateway.logs().slice(-8_000))));

  const call = async (name: string, args: object): Promise<string> =>
    JSON.stringify(await gateway.admin.call('POST', `/tools/call/${name}`, { arguments: args }));
  const firstIsEjected = (id: string) =>
    expect
      .poll(async () => JSON.stringify(await gateway.admin.call('GET', `/gateways/${id}`)))
      .toMatch(/"addressStandings":\[\{[^}]*"state":"ejected"[^\]]*"state":"active"/);

  it('a gateway calls an HTTP API at its next address, and shows how each stands', async () => {
    const document = JSON.stringify({
      openapi: '3.1.0',
      info: { title: 'Pets', version: '1' },
      servers: [{ url: `${dead}/v1` }],
      paths: { '/pets': { post: { operationId: 'add', responses: { 200: { description: 'ok' } } } } },
    });
    const made = await gateway.admin.call<{ id: string; addresses: object[] }>('POST', '/gateways', {
      name: 'pets',
      transport: 'OPENAPI',
      openapi: { document },
      addresses: [{ url: `${api.url}/v1` }],
    });
    expect(made.addresses).toEqual([{ url: `${api.url}/v1`, priority: 1, weight: 100 }]);
    expect(await call('pets-add', {})).toContain('/v1/pets');
    await firstIsEjected(made.id);
  });

  it('a gateway calls a route described by hand at its next address, behind its base', async () => {
    const { gatewayId } = await gateway.admin.call<{ gatewayId: string }>('POST', '/tools', {
      name: 'order',
      url: `${dead}/orders/{id}`,
      request_type: 'PUT',
      addresses: [{ url: `${api.url}/base/` }],
    });
    expect(await call('order', { id: '7' })).toContain('/base/orders/7');
    await firstIsEjected(gatewayId);
  });

  it('a gateway reads and calls a gRPC server at its next address', async () => {
    const { id } = await gateway.admin.register({
      name: 'shop',
      transport: 'GRPC',
      url: dead,
      addresses: [{ url: shop.url }],
    });
    expect(await call('shop-Shop_EchoItem', { name: 'bread' })).toContain('bread');
    await firstIsEjected(id);
  });

  it('a gateway sends messages to the next address of an agent when the first is gone', async () => {
    const first = await startA2aDouble({ version: '1.0', name: 'First' });
    const { id } = await gateway.admin.register({
      name: 'baker',
      transport: 'A2A',
      url: first.url,
      addresses: [{ url: `${agent.url}/a2a` }],
    });
    await first.stop();
    expect(await call('baker-send_message', { message: 'say hi' })).toContain('hi');
    expect(agent.received.map(({ method }) => method)).toEqual(['SendStreamingMessage']);
    await firstIsEjected(id);
  });
});
