import { realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PostgresLocation } from '#libs/storage';
import {
  type Gateway,
  type LedgerUpstream,
  SERVICES,
  type Service,
  startGateway,
  startLedgerUpstream,
  temporaryFolder,
} from '#libs/testing';
import { auditWhenSettled, summaryOf } from '../../../apps/switchyard/test/traffic/audit.js';
import { readBooks } from '../../../apps/switchyard/test/traffic/call-rows.js';
import { Registering, lostBy } from '../../../apps/switchyard/test/traffic/registering.js';
import { Traffic } from '../../../apps/switchyard/test/traffic/traffic.js';
import { startEdge } from '../edge.js';
import { Faults } from './faults.js';
import { Networks } from './networks.js';
import { type Fault, REPLICAS, type Setup, stepsOf } from './plan.js';

export interface ChaosRun {
  readonly seed: number;
  readonly setup: Setup;
  /** What went wrong, in order. */
  readonly faults: readonly Fault[];
  readonly calls: number;
  /** Those that were acknowledged. */
  readonly registrations: number;
  /** How the calls ended for who made them. */
  readonly endings: Readonly<Record<string, number>>;
  /** What does not agree between what clients were told, what ran, and what was recorded; empty where all is well. */
  readonly flaws: readonly string[];
}

export interface ChaosOptions {
  readonly seed: number;
  readonly setup: Setup;
  /** Nothing begins to go wrong after that. */
  readonly forMs: number;
  /** Nor after so many things have. */
  readonly faultsMax?: number;
  readonly tell?: (line: string) => void;
}

/** Beyond TOOL_TIMEOUT and what services wait for each other: a call that has no answer by then never gets one. */
const HANGS_AFTER_MS = 120_000;
const ENV = { TOOL_TIMEOUT: '5', METRICS_BUFFER_FLUSH_INTERVAL: '5' };
const CLIENTS = { modern: 5, legacy: 3, pauseMs: 40 };
const LATENCY_MS = 15;
/** Calls of each era that have to go well once nothing is wrong any more. */
const GOES_ON = 10;

interface Stage {
  readonly gateway: Gateway;
  /** Where clients go. */
  readonly url: string;
  readonly database: PostgresLocation;
  stop(): Promise<void>;
}

/** One run: clients call while one thing after the other goes wrong, then the books are looked into. */
export const runChaos = async (options: ChaosOptions): Promise<ChaosRun> => {
  const { setup } = options;
  const networks = new Networks();
  const ledger = await startLedgerUpstream({ latencyMs: LATENCY_MS });
  const closers: (() => Promise<void>)[] = [() => ledger.stop(), () => networks.stop()];
  try {
    const stage = await (setup === 'embedded' ? embedded() : distributed(networks));
    closers.push(() => stage.stop());
    return await onStage(stage, ledger, networks, options);
  } finally {
    for (const close of closers.toReversed()) await close();
  }
};

const onStage = async (
  { gateway, url, database }: Stage,
  ledger: LedgerUpstream,
  networks: Networks,
  { seed, setup, forMs, faultsMax = Number.POSITIVE_INFINITY, tell = () => {} }: ChaosOptions,
): Promise<ChaosRun> => {
  const upstream = new URL(ledger.url);
  upstream.port = String(await networks.between('upstream', ledger.port));
  const registered = await gateway.admin.register({ name: 'ledger', url: upstream.href, toolPrefix: '' });
  const server = await gateway.admin.createServer('the ledger', [registered]);
  const admin = { email: 'admin@example.com', isAdmin: true };
  const tokens = await Promise.all(Array.from({ length: 100 }, () => gateway.tokenFor(admin)));
  const target = { url: `${url}/servers/${server.id}/mcp`, hangsAfterMs: HANGS_AFTER_MS };
  const traffic = new Traffic(target, { ...CLIENTS, tokens });
  const registering = new Registering({ url, adminToken: gateway.adminToken }, ledger.url, 'under-fire');
  const faults: Fault[] = [];
  const nemesis = new Faults(gateway, networks);
  const flaws: string[] = [];
  try {
    await traffic.goesOn(GOES_ON);
    const endsAtMs = Date.now() + forMs;
    for (const { fault, restMs } of stepsOf(seed, setup)) {
      if (Date.now() >= endsAtMs || faults.length >= faultsMax) break;
      tell(JSON.stringify(fault));
      faults.push(fault);
      await nemesis.run(fault);
      await sleep(restMs);
    }
    await Promise.all([traffic.goesOn(GOES_ON), registering.goesOn()]);
  } catch (error) {
    flaws.push(sentenceOf(error));
  }
  const [calls, acknowledged] = await Promise.all([traffic.stop(), registering.stop()]);
  const registries = setup === 'embedded' ? [gateway.url] : urlsOf(gateway, 'registry');
  // What cannot be looked into, because something did not come back, is a flaw beside those that are found.
  const found = await Promise.allSettled([
    ...registries.map((at) => lostBy(at, gateway.adminToken, acknowledged)),
    auditWhenSettled(calls, ledger.executions, () => readBooks(database), nemesis.deathsAtMs),
  ]);
  flaws.push(...registering.wrong);
  for (const one of found) flaws.push(...(one.status === 'fulfilled' ? one.value : [sentenceOf(one.reason)]));
  if (flaws.length > 0) tell(gateway.logs());
  const counts = { calls: calls.length, registrations: acknowledged.length };
  return { seed, setup, faults, ...counts, endings: summaryOf(calls), flaws };
};

const sentenceOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const embedded = async (): Promise<Stage> => {
  const folder = temporaryFolder('chaos');
  const gateway = await startGateway({ mode: 'embedded', env: { ...ENV, SWITCHYARD_DATA_DIR: folder } });
  return {
    gateway,
    url: gateway.url,
    database: { socketDir: join(realpathSync(folder), 'postgres', 'run') },
    stop: async () => {
      await gateway.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

const urlsOf = ({ processes }: Gateway, service: Service): string[] =>
  processes.filter((process) => process.service === service).map(({ url }) => url);

/** Each service twice, behind the shipped edge. */
const distributed = async (networks: Networks): Promise<Stage> => {
  const gateway = await startGateway({
    mode: 'distributed',
    replicas: REPLICAS,
    env: ENV,
    natsThrough: (service, port) => networks.between(service, port),
  });
  const edge = await startEdge({
    addresses: Object.fromEntries(
      SERVICES.map((service) => [service, urlsOf(gateway, service).map((at) => new URL(at).host)]),
    ),
  });
  if (gateway.postgres === undefined) throw new Error('the harness runs a Postgres');
  return {
    gateway,
    url: edge.url,
    database: gateway.postgres.location,
    stop: async () => {
      await edge.stop();
      await gateway.stop();
    },
  };
};
