import {
  type Gateway,
  type GatewayOptions,
  type GatewayProcess,
  type LedgerUpstream,
  type VirtualServer,
  startGateway,
  startLedgerUpstream,
} from '#libs/testing';
import type { PostgresLocation } from '#libs/storage';
import { expect, onTestFailed } from 'vitest';
import { auditWhenSettled } from './audit.js';
import { type Books, readBooks } from './call-rows.js';
import type { Called, Target } from './caller.js';
import { Traffic, type TrafficSettings } from './traffic.js';

/** A gateway in front of the ledger upstream, whose only tool must not be repeated. */
export interface GivenGateway {
  readonly gateway: Gateway;
  readonly ledger: LedgerUpstream;
  readonly server: VirtualServer;
  /** The MCP endpoint, on whatever the gateway's URL leads to. */
  readonly target: Target;
  /** Credentials that auth has not seen. */
  tokens(count: number): Promise<string[]>;
  traffic(settings: Partial<TrafficSettings>): Promise<Traffic>;
  /** `kill -9`, noted for the audit. */
  kill(service: GatewayProcess['service'], replica?: number): Promise<void>;
  /** Notes for the audit that a process is about to be killed that no name leads to. */
  noteDeath(): void;
  /** Fails unless what clients were told, what ran and what is recorded agree for all of these calls. */
  agreesWith(calls: readonly Called[]): Promise<void>;
  books(): Promise<Books>;
  stop(): Promise<void>;
}

/** Beyond TOOL_TIMEOUT, the second that ingress waits longer, and what a machine at its limit adds. */
const HANGS_AFTER_MS = 120_000;

const ENV = {
  TOOL_TIMEOUT: '20',
  METRICS_BUFFER_FLUSH_INTERVAL: '5',
};

export const givenGateway = async (
  options: GatewayOptions,
  latencyMs: number,
  database?: () => PostgresLocation,
): Promise<GivenGateway> => {
  const ledger = await startLedgerUpstream({ latencyMs });
  const gateway = await startGateway({ ...options, env: { ...ENV, ...options.env } }).catch(async (error: unknown) => {
    await ledger.stop();
    throw error;
  });
  const registered = await gateway.admin.register({ name: 'ledger', url: ledger.url, toolPrefix: '' });
  const server = await gateway.admin.createServer('the ledger', [registered]);
  const target = {
    url: `${gateway.url}/servers/${server.id}/mcp`,
    token: gateway.adminToken,
    hangsAfterMs: HANGS_AFTER_MS,
  };
  const books = (): Promise<Books> => {
    const location = database?.() ?? gateway.postgres?.location;
    if (location === undefined) throw new Error('nobody knows where the database is');
    return readBooks(location);
  };
  const tokens = (count: number): Promise<string[]> =>
    Promise.all(Array.from({ length: count }, () => gateway.tokenFor({ email: 'admin@example.com', isAdmin: true })));
  const deathsAtMs: number[] = [];
  return {
    gateway,
    ledger,
    server,
    target,
    tokens,
    books,
    traffic: async (settings) =>
      new Traffic(target, { modern: 0, legacy: 0, pauseMs: 20, tokens: await tokens(200), ...settings }),
    kill: async (service, replica = 0) => {
      deathsAtMs.push(Date.now());
      await gateway.kill(service, replica);
    },
    noteDeath: () => void deathsAtMs.push(Date.now()),
    agreesWith: async (calls) =>
      expect(await auditWhenSettled(calls, ledger.executions, books, deathsAtMs)).toEqual([]),
    stop: async () => {
      await gateway.stop();
      await ledger.stop();
    },
  };
};

/** What the processes printed, where a test fails. */
export const showLogsOnFailure = (given: () => GivenGateway | undefined): void => {
  onTestFailed(() => console.error(given()?.gateway.logs()));
};
