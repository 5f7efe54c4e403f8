import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Registry, RegistryBench, tool, upstream } from './given-registry.js';

let bench: RegistryBench;
let registry: Registry;
beforeAll(async () => {
  bench = await RegistryBench.open();
  registry = await bench.registry(undefined, { DB_POOL_TIMEOUT: '5' });
});
afterAll(() => bench.close());

it('the registry answers platform.not_ready over REST and the bus when its database is away', async () => {
  const gateway = await registry.register('Known', upstream({ tools: [tool('t')] }), { authToken: 'tok' });
  await bench.stopPostgres();

  const asked = [
    registry.ask('GET', '/tools'),
    registry.ask('GET', `/gateways/${gateway.id}`),
    registry.ask('POST', '/gateways', { name: 'New', url: gateway.url }),
    registry.ask('DELETE', `/gateways/${gateway.id}`),
  ];
  for (const answer of await Promise.all(asked)) {
    expect(answer).toMatchObject({ status: 503, body: { code: 'platform.not_ready' } });
  }
  expect(registry.around.credentials.has(gateway.id)).toBe(true);
  await expect(registry.describe()).rejects.toMatchObject({ code: 'platform.not_ready' });
  await expect(registry.resolve(gateway.id)).rejects.toMatchObject({ code: 'platform.not_ready' });
});
