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
  await vi.waitFor(() => expect(replica.changes).toHaveLength(1), { interval: 5 });
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
    { interval: 50 },
  );
  expect(registry.around.discoveries).toHaveLength(1);
});

it('the other replica lists a change over REST when the one that made it has answered', async () => {
  await registry.register('Listed', upstream({ tools: [tool('t')] }));
  const listed = async (from: Registry): Promise<boolean> =>
    (await from.ask('GET', '/tools')).body.some(({ name }: { name: string }) => name === 'listed-t');
  const { id } = (await registry.ask('GET', '/tools')).body.find(({ name }: { name: string }) => name === 'listed-t');
  for (let time = 0; time < 20; time++) {
    const [writer, reader] = time % 2 === 0 ? [registry, replica] : [replica, registry];
    await reader.ask('GET', '/tools');
    const activate = time % 4 >= 2;
    await writer.ask('POST', `/tools/${id}/state?activate=${activate}`);
    expect(await listed(reader)).toBe(activate);
  }
});

it('the registry leaves nothing behind on a connection when it is behind a transaction pooler', () => {
  expect(pooler.turns).toBeGreaterThan(0);
  expect(pooler.offences).toEqual([]);
});
