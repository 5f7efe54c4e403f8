import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, type Socket, connect, createServer } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { toolInvocationService } from '#apps/tool-invocation';
import type { Bus } from '#libs/bus';
import {
  AdmitConnector,
  ExecuteCall,
  ListConnections,
  PresentUpstreamCredential,
  ResolveUpstream,
  type UpstreamCall,
} from '#libs/contracts';
import { fail } from '#libs/errors';
import { type RunningService, startService } from '#libs/service';
import { createLogger } from '#libs/telemetry';
import { startMcpDouble, startNatsServer, temporaryFolder } from '#libs/testing';
import { httpTarget, startConnector } from './connectors/connector.js';

const PATIENCE = { interval: 50 };
const TOKEN = `swc_${'t'.repeat(43)}`;

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** An instance of tool-invocation on the broker; auth and registry are played by it. */
const givenReplica = async (natsUrl: string): Promise<RunningService> => {
  const replica = await startService({
    parts: [toolInvocationService],
    env: {
      NATS_URL: natsUrl,
      SWITCHYARD_DATA_DIR: temporaryFolder('connectors'),
      HOST: '127.0.0.1',
      PORT: '0',
      METRICS_BUFFER_ENABLED: 'false',
      RETRY_MAX_ATTEMPTS: '1',
    },
    logger: createLogger({ service: 'tool-invocation', level: 'silent' }),
  });
  closers.push(() => replica.stop());
  replica.bus.answer(ResolveUpstream, async ({ upstreamId: id }) => ({
    id,
    name: id,
    slug: id,
    transport: 'STREAMABLEHTTP' as const,
    url: 'connector://weather',
    command: null,
    args: [],
    timeoutMs: null,
    concurrencyMax: null,
    version: '1',
  }));
  replica.bus.answer(PresentUpstreamCredential, async () => ({ credential: null, version: '1' }));
  replica.bus.answer(AdmitConnector, async ({ token }) => {
    if (token !== TOKEN) throw fail('auth.credential_invalid');
    return { connectorId: 'c1', label: 'office', names: ['weather'], expiresInMs: 600_000 };
  });
  await replica.bus.flush();
  return replica;
};

/** What stands before the replicas: connections go to the one that is said. */
const givenFront = async (first: RunningService) => {
  let to = first;
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(to.port, '127.0.0.1');
    for (const socket of [client, upstream]) sockets.add(socket.on('error', () => socket.destroy()));
    client.pipe(upstream).pipe(client);
    upstream.once('close', () => client.destroy());
    client.once('close', () => upstream.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    leadTo: (replica: RunningService) => (to = replica),
    cut: () => {
      for (const socket of sockets) socket.destroy();
    },
  };
};

const forecastAt = async (bus: Bus, instance: string): Promise<string | undefined> => {
  const call: UpstreamCall = {
    callId: randomUUID(),
    method: 'tools/call',
    upstreamId: 'weather',
    target: 'forecast',
    exposedName: 'forecast',
    serverId: null,
    principal: { id: 'ada@example.com', tokenId: null },
    client: { info: null, capabilities: {}, revision: '2026-07-28' },
    wantsProgress: false,
    headerParams: [],
    receivedAtMs: Date.now(),
  };
  const body = JSON.stringify({ name: 'forecast', arguments: {} });
  return (await bus.ask(ExecuteCall, call, { instance, body, timeoutMs: 120_000 })).body?.toString();
};

describe('connectors of several instances', () => {
  it('a call reaches a connector over the bus when another instance has it, and its next instance when that is gone', async () => {
    const nats = await startNatsServer();
    closers.push(() => nats.stop());
    const server = await startMcpDouble({
      name: 'weather',
      tools: [{ name: 'forecast', description: 'rain', inputSchema: { type: 'object' } }],
      call: () => '"content":[{"type":"text","text":"rain"}]',
    });
    closers.push(() => server.stop());
    const [holder, other] = [await givenReplica(nats.url), await givenReplica(nats.url)];
    const front = await givenFront(holder);
    const connector = await startConnector({
      url: front.url,
      token: TOKEN,
      targets: { weather: httpTarget(server.url) },
    });
    closers.push(() => connector.stop());
    const holders = async (): Promise<readonly string[]> => {
      const { head } = await other.bus.ask(ListConnections, {}, { instance: other.bus.instance });
      return head.connections.map(({ instance }) => instance);
    };
    await vi.waitFor(async () => expect(await holders()).toEqual([holder.bus.instance]), PATIENCE);

    expect(await forecastAt(other.bus, other.bus.instance)).toContain('rain');

    front.leadTo(other);
    front.cut();
    // It is not waited for: the call itself waits for the connector that was there a moment ago.
    await vi.waitFor(async () => expect(await holders()).not.toContain(holder.bus.instance), PATIENCE);
    expect(await forecastAt(other.bus, other.bus.instance)).toContain('rain');
    expect(await holders()).toEqual([other.bus.instance]);
  });
});
