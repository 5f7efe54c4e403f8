import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { UpstreamListChanged } from '#contracts/tool-invocation/upstream-list-changed.event';
import { type TransactionPooler, reachNatsServer, startTransactionPooler } from '#libs/testing';
import { type Registry, RegistryBench, tool, upstream } from './given-registry.js';

let nats: Awaited<ReturnType<typeof reachNatsServer>>;
let pooler: TransactionPooler;
let bench: RegistryBench;
let registry: Registry;
let replica: Registry;
beforeAll(async () => {
  nats = await reachNatsServer();
  bench = await RegistryBench.open();
  pooler = await startTransactionPooler({
    socketPath: `${bench.socketDir}/.s.PGSQL.5432`,
    user: 'postgres',
    database: 'postgres',
    size: 4,
  });
  const env = { NATS_URL: nats.url, DATABASE_URL: pooler.url };
  registry = await bench.registry(undefined, env);
  replica = await bench.registry(registry.around, env);
});
afterAll(async () => {
  await bench.close();
  await pooler.stop();
  await nats.stop();
});

it('both replicas serve a gateway, and its announcement has left, when one of them has answered the registration', async () => {
  const gateway = await registry.register('Far', upstream({ tools: [tool('t')] }));
  await vi.waitFor(() => expect(replica.changes).toHaveLength(1), { timeout: 1_000, interval: 5 });
  for (let time = 0; time < 6; time++) {
    expect((await replica.describe()).tools.map(({ name }) => name)).toEqual(['far-t']);
    expect((await registry.resolve(gateway.id)).url).toBe(gateway.url);
  }
  const stdio = await replica.ask('POST', '/gateways', { name: 'local', command: 'npx' });
  expect(stdio).toMatchObject({ status: 422, body: { code: 'upstream.refused' } });
});

it('the replicas refresh a gateway once when an announcement reaches all of them', async () => {
  const gateway = await registry.register('Announcing', upstream({ tools: [tool('a')] }));
  registry.around.upstreams.set(gateway.url, upstream({ tools: [tool('b')] }));
  registry.around.discoveries.length = 0;
  replica.service.bus.publish(UpstreamListChanged, { upstreamId: gateway.id, list: 'tools' });
  await vi.waitFor(
    async () => expect((await replica.describe()).tools.map(({ name }) => name)).toContain('announcing-b'),
    { timeout: 5_000, interval: 50 },
  );
  expect(registry.around.discoveries).toHaveLength(1);
});

it('the registry leaves nothing behind on a connection when it is behind a transaction pooler', () => {
  expect(pooler.turns).toBeGreaterThan(0);
  expect(pooler.offences).toEqual([]);
});
