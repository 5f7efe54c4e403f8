import { afterAll, beforeAll, describe, expect, it, onTestFailed, vi } from 'vitest';
import {
  type Gateway,
  type GatewayProcess,
  type LedgerUpstream,
  SERVICES,
  type Service,
  startGateway,
  startLedgerUpstream,
} from '#libs/testing';
import { type RunningConnector, httpTarget, startConnector } from '../../apps/switchyard/test/connectors/connector.js';
import { summaryOf } from '../../apps/switchyard/test/traffic/audit.js';
import { Traffic } from '../../apps/switchyard/test/traffic/traffic.js';
import { type Edge, startEdge } from './edge.js';

const REPLICAS = 2;
const HANGS_AFTER_MS = 120_000;
const STOPS_WITHIN_MS = 120_000;
const PATIENCE = { interval: 50 };
const CALLS = 20;

interface Shown {
  readonly id: string;
  readonly connections: readonly { readonly since: string }[];
}

describe('a connector that has joined through the shipped nginx', () => {
  let gateway: Gateway;
  let ledger: LedgerUpstream;
  let edge: Edge;
  let connector: RunningConnector;
  let connectorId: string;
  let url: string;

  const addressesOf = (service: Service): string[] =>
    gateway.processes.filter((one) => one.service === service).map((one) => new URL(one.url).host);

  beforeAll(async () => {
    ledger = await startLedgerUpstream({ latencyMs: 15 });
    gateway = await startGateway({
      mode: 'distributed',
      replicas: REPLICAS,
      envOf: (service): Record<string, string> =>
        service === 'tool-invocation' ? { WORKERS: '2', WORKER_TIMEOUT: '600' } : {},
    });
    edge = await startEdge({
      addresses: Object.fromEntries(SERVICES.map((service) => [service, addressesOf(service)])),
    });
    const body = { name: 'office', upstreams: ['ledger'] };
    const made = await gateway.admin.call<{ connector: { id: string }; token: string }>('POST', '/connectors', body);
    connectorId = made.connector.id;
    connector = await startConnector({ url: edge.url, token: made.token, targets: { ledger: httpTarget(ledger.url) } });
    const registered = await gateway.admin.register({ name: 'ledger', url: 'connector://ledger', toolPrefix: '' });
    const server = await gateway.admin.createServer('the ledger', [registered]);
    url = `${edge.url}/servers/${server.id}/mcp`;
  });
  afterAll(async () => {
    await connector?.stop();
    await edge?.stop();
    await gateway?.stop();
    await ledger?.stop();
  });

  const shown = async (): Promise<Shown> => {
    const { connectors } = await gateway.admin.call<{ connectors: Shown[] }>('GET', '/connectors');
    return connectors.find(({ id }) => id === connectorId) as Shown;
  };

  /** Each replica is told to stop and started again, while calls go on; how those ended. */
  const rolled = async (service: GatewayProcess['service']): Promise<Record<string, number>> => {
    const traffic = new Traffic(
      { url, hangsAfterMs: HANGS_AFTER_MS },
      { modern: 4, legacy: 2, pauseMs: 20, tokens: [gateway.adminToken] },
    );
    try {
      await traffic.goesOn(CALLS);
      for (let replica = 0; replica < REPLICAS; replica++) {
        const { server } = gateway.process(service, replica);
        expect(await server.stop(STOPS_WITHIN_MS)).toBe(0);
        await server.start();
        await traffic.goesOn(CALLS);
      }
    } finally {
      await traffic.stop();
    }
    return summaryOf(traffic.calls);
  };

  it('a call reaches its upstream over whichever worker of a replica has the connection', async () => {
    onTestFailed(() => console.error(gateway.logs().slice(-6_000)));
    const traffic = new Traffic(
      { url, hangsAfterMs: HANGS_AFTER_MS },
      { modern: 4, legacy: 2, pauseMs: 10, tokens: [gateway.adminToken] },
    );
    await traffic.goesOn(CALLS * 2);
    const calls = await traffic.stop();
    expect(summaryOf(calls)).toEqual({ ok: calls.length });
    expect(ledger.executions).toHaveLength(calls.length);
  });

  it.each(['ingress', 'tool-invocation'] as const)(
    'no call over a connector is lost or left in doubt when replicas of %s are restarted one after the other',
    async (service) => {
      onTestFailed(() => console.error(connector.lines, gateway.logs().slice(-6_000)));
      const before = await shown();
      const { ok = 0, ...others } = await rolled(service);
      expect(ok).toBeGreaterThan(CALLS * 3);
      // What a replica that starts or stops has not taken: its client sends it again.
      for (const ending of Object.keys(others)) expect(ending).toMatch(/^refused /);
      await vi.waitFor(async () => expect((await shown()).connections).toHaveLength(1), PATIENCE);
      // The connection itself ends in tool-invocation, and in no other service.
      if (service === 'ingress')
        expect((await shown()).connections).toMatchObject(before.connections.map(({ since }) => ({ since })));
    },
  );

  it('a connector is cut off when it is revoked, and what was under way ends', async () => {
    ledger.latencyMs = 60_000;
    const traffic = new Traffic(
      { url, hangsAfterMs: HANGS_AFTER_MS },
      { modern: 1, legacy: 0, pauseMs: 50_000, tokens: [gateway.adminToken] },
    );
    const before = ledger.requests;
    await vi.waitFor(() => expect(ledger.requests).toBeGreaterThan(before), PATIENCE);
    const ended = connector.ended.catch((error: unknown) => error);
    await gateway.admin.call('DELETE', `/connectors/${connectorId}`);
    await vi.waitFor(() => expect(traffic.calls).toHaveLength(1), PATIENCE);
    // Not that its time is over.
    expect(traffic.calls[0]?.ending).toMatchObject({ kind: 'unknown', reason: 'upstream.closed' });
    // It tries once more, and is told that it need not.
    expect(await ended).toMatchObject({ message: expect.stringContaining('401') });
  });
});
