import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { text } from 'node:stream/consumers';
import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import {
  type Gateway,
  type LedgerUpstream,
  SERVICES,
  type Service,
  startGateway,
  startLedgerUpstream,
} from '#libs/testing';
import { type Edge, startEdge } from './edge.js';

const REPLICAS = 2;
const CLIENTS = 6;

interface Ended {
  readonly id: string;
  readonly status: number;
  readonly body: string;
}

let gateway: Gateway;
let upstream: LedgerUpstream;
let edge: Edge;
let path: string;

/** Where the edge may go, but for one replica that is not ready. */
const addresses = (without?: readonly [Service, number]) =>
  Object.fromEntries(
    SERVICES.map((service) => [
      service,
      gateway.processes
        .filter((process) => process.service === service)
        .filter(({ replica }) => without?.[0] !== service || without[1] !== replica)
        .map(({ url }) => new URL(url).host),
    ]),
  );

beforeAll(async () => {
  upstream = await startLedgerUpstream();
  gateway = await startGateway({ mode: 'distributed', replicas: REPLICAS });
  edge = await startEdge({ addresses: addresses() });
  const registered = await gateway.admin.register({ name: 'ledger', url: upstream.url, toolPrefix: '' });
  const server = await gateway.admin.createServer('all of it', [registered]);
  path = `/servers/${server.id}/mcp`;
});
afterAll(async () => {
  await edge?.stop();
  await gateway?.stop();
  await upstream?.stop();
});

/** Each with a connection of its own, since nginx closes idle ones when it takes a new configuration. */
const agent = new Agent({ keepAlive: false });

const send = async (
  method: string,
  to: string,
  headers: object,
  body = '',
): Promise<{ status: number; body: string }> => {
  const sent = request(`${edge.url}${to}`, {
    agent,
    method,
    headers: { authorization: `Bearer ${gateway.adminToken}`, ...headers },
  });
  sent.end(body);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  return { status: response.statusCode ?? 0, body: await text(response) };
};

const call = async (id: string): Promise<Ended> => {
  const headers = {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    'mcp-protocol-version': '2026-07-28',
    'mcp-method': 'tools/call',
    'mcp-name': 'record',
  };
  const params = {
    name: 'record',
    arguments: { id },
    _meta: {
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientInfo': { name: 'load', version: '1' },
      'io.modelcontextprotocol/clientCapabilities': {},
    },
  };
  const body = JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/call', params });
  return { id, ...(await send('POST', path, headers, body)) };
};

/** Calls and lists without a pause while `act` goes on. */
const underLoad = async (name: string, act: () => Promise<void>): Promise<{ calls: Ended[]; lists: number[] }> => {
  const over = new AbortController();
  const calls: Ended[] = [];
  const lists: number[] = [];
  const caller = async (client: number): Promise<void> => {
    for (let n = 0; !over.signal.aborted; n++) calls.push(await call(`${name}-${client}-${n}`));
  };
  const lister = async (): Promise<void> => {
    while (!over.signal.aborted) lists.push((await send('GET', '/tools', {})).status);
  };
  const load = Promise.all([...Array.from({ length: CLIENTS }, (_, client) => caller(client)), lister()]);
  try {
    // The edge has its connections by then, as under load it has.
    await vi.waitUntil(() => calls.length >= 2 * CLIENTS);
    await act();
  } finally {
    over.abort();
    await load;
  }
  return { calls, lists };
};

const succeeded = ({ id, status, body }: Ended): boolean => status === 200 && body.includes(`"text":"${id}"`);
/** A promise that nothing was executed. */
const notReady = ({ status, body }: Ended): boolean => status === 503 && body.includes('platform.not_ready');
const executionsOf = (name: string): string[] => upstream.executions.filter((id) => id.startsWith(`${name}-`));

/** One replica after the other is told to stop and started again; each must end in order. */
const restartEach = async (service: Service, leave: (replica: number) => Promise<void>, back: () => Promise<void>) => {
  for (let replica = 0; replica < REPLICAS; replica++) {
    const { server } = gateway.process(service, replica);
    await leave(replica);
    expect(await server.stop(120_000)).toBe(0);
    await server.start();
    await back();
  }
};

describe('two replicas of each service behind the shipped edge', () => {
  it.each(['ingress', 'registry'] as const)(
    'two replicas of each service behind the shipped edge answer every request while %s is restarted, when names lead to ready replicas only',
    async (service) => {
      const name = `ready-${service}`;
      const { calls, lists } = await underLoad(name, () =>
        restartEach(
          service,
          // What the chart's `preStopSeconds` is for: the edge has noticed before the replica is told to stop.
          (replica) => edge.reload(addresses([service, replica])),
          () => edge.reload(addresses()),
        ),
      );
      expect(calls.length).toBeGreaterThan(50);
      expect(calls.filter((ended) => !succeeded(ended))).toEqual([]);
      expect(lists.filter((status) => status !== 200)).toEqual([]);
      expect(executionsOf(name).toSorted()).toEqual(calls.map(({ id }) => id).toSorted());
    },
  );

  it('two replicas of each service behind the shipped edge answer every request while auth, tool-invocation and metrics are restarted, a replica of each at a time', async () => {
    const { calls, lists } = await underLoad('inside', async () => {
      for (let replica = 0; replica < REPLICAS; replica++)
        await Promise.all(
          (['auth', 'tool-invocation', 'metrics'] as const).map(async (service) => {
            const { server } = gateway.process(service, replica);
            expect([service, await server.stop(120_000)]).toEqual([service, 0]);
            await server.start();
          }),
        );
    });
    expect(calls.filter((ended) => !succeeded(ended))).toEqual([]);
    expect(lists.filter((status) => status !== 200)).toEqual([]);
    expect(executionsOf('inside').toSorted()).toEqual(calls.map(({ id }) => id).toSorted());
  });

  it.each(['ingress', 'registry'] as const)(
    'two replicas of each service behind the shipped edge lose nothing that can be repeated while %s is restarted under fixed addresses',
    async (service) => {
      const name = `fixed-${service}`;
      const { calls, lists } = await underLoad(name, () =>
        restartEach(
          service,
          async () => {},
          async () => {},
        ),
      );
      expect(calls.filter((ended) => !succeeded(ended) && !notReady(ended))).toEqual([]);
      expect(lists.filter((status) => status !== 200)).toEqual([]);
      const done = calls.filter(succeeded).map(({ id }) => id);
      expect(executionsOf(name).toSorted()).toEqual(done.toSorted());
    },
  );

  it('two replicas of each service behind the shipped edge run no call twice when an ingress is killed, and fail only what was under way', async () => {
    const name = 'killed';
    const { calls } = await underLoad(name, async () => {
      await gateway.kill('ingress', 0);
      await gateway.restart('ingress', 0);
    });
    const failed = calls.filter((ended) => !succeeded(ended) && !notReady(ended));
    expect(failed.length).toBeLessThanOrEqual(CLIENTS);
    for (const { status, body } of failed) {
      expect(status).toBe(502);
      expect(body).toContain('edge.unreachable');
    }
    expect(executionsOf(name)).toHaveLength(new Set(executionsOf(name)).size);
  });
});
