import { setTimeout as sleep } from 'node:timers/promises';
import type { PostgresLocation } from '#libs/storage';
import { type Gateway, startGateway, startLedgerUpstream } from '#libs/testing';
import { auditWhenSettled, summaryOf } from '../../../apps/switchyard/test/traffic/audit.js';
import { readBooks } from '../../../apps/switchyard/test/traffic/call-rows.js';
import { Registering, lostBy } from '../../../apps/switchyard/test/traffic/registering.js';
import { Traffic } from '../../../apps/switchyard/test/traffic/traffic.js';
import type { Stores } from './stores.js';

export interface FailoverRun {
  readonly calls: number;
  readonly registrations: number;
  /** How the calls ended for who made them. */
  readonly endings: Readonly<Record<string, number>>;
  /** From when the store was there again until the last call that failed had begun; 0 where none did. One a loss. */
  readonly recoveryMs: readonly number[];
  /** How long the store itself was away. */
  readonly awayMs: readonly number[];
  /** What does not agree between clients, upstream and books, what was restarted, what recovered late. */
  readonly flaws: readonly string[];
}

const RECOVERS_WITHIN_MS = 3_000;
const HANGS_AFTER_MS = 25_000;
const ENV = { TOOL_TIMEOUT: '5', METRICS_BUFFER_FLUSH_INTERVAL: '5' };
const REST_MS = 4_000;
const GOES_ON = 10;

/** Clients and an operator go on while the store is lost and mended so many times; then the books are looked into. */
export const runFailover = async (stores: Stores & { readonly url?: string }, losses: number): Promise<FailoverRun> => {
  const ledger = await startLedgerUpstream({ latencyMs: 15 });
  let gateway: Gateway | undefined;
  try {
    gateway = await startGateway({ mode: 'distributed', env: { ...ENV, ...stores.env } });
    return await onStage(gateway, ledger, stores, losses);
  } finally {
    await gateway?.stop();
    await ledger.stop();
  }
};

const onStage = async (
  gateway: Gateway,
  ledger: { readonly url: string; readonly executions: readonly string[] },
  stores: Stores & { readonly url?: string },
  losses: number,
): Promise<FailoverRun> => {
  const registered = await gateway.admin.register({ name: 'ledger', url: ledger.url, toolPrefix: '' });
  const server = await gateway.admin.createServer('the ledger', [registered]);
  const admin = { email: 'admin@example.com', isAdmin: true };
  const tokens = await Promise.all(Array.from({ length: 100 }, () => gateway.tokenFor(admin)));
  const target = { url: `${gateway.url}/servers/${server.id}/mcp`, hangsAfterMs: HANGS_AFTER_MS };
  const traffic = new Traffic(target, { modern: 5, legacy: 3, pauseMs: 40, tokens });
  const registering = new Registering(gateway, ledger.url, 'under-fire');
  const pids = gateway.processes.map(({ server: { pid } }) => pid);
  const [recoveryMs, awayMs, lostAtMs]: [number[], number[], number[]] = [[], [], []];
  const flaws: string[] = [];
  await traffic.goesOn(GOES_ON);
  for (let n = 0; n < losses; n++) {
    const fromMs = Date.now();
    lostAtMs.push(fromMs);
    const backAtMs = await stores.lose();
    awayMs.push(backAtMs - fromMs);
    await Promise.all([traffic.goesOn(GOES_ON), registering.goesOn()]);
    const failed = traffic.calls.filter(({ ending, startedAtMs }) => ending.kind !== 'ok' && startedAtMs >= backAtMs);
    recoveryMs.push(Math.max(0, ...failed.map(({ startedAtMs }) => startedAtMs - backAtMs)));
    await stores.mend();
    await sleep(REST_MS);
  }
  const [calls, acknowledged] = await Promise.all([traffic.stop(), registering.stop()]);
  const database: PostgresLocation | undefined =
    stores.url === undefined ? gateway.postgres?.location : { url: stores.url };
  if (database === undefined) throw new Error('the harness runs a Postgres');
  flaws.push(
    ...registering.wrong,
    ...(await lostBy(gateway.process('registry').url, gateway.adminToken, acknowledged)),
    ...(await auditWhenSettled(calls, ledger.executions, () => readBooks(database), lostAtMs)),
    ...recoveryMs
      .filter((ms) => ms > RECOVERS_WITHIN_MS)
      .map((ms) => `calls failed until ${ms} ms after the store was back`),
    ...gateway.processes
      .filter(({ server: { running, pid } }, at) => !running || pid !== pids[at])
      .map(({ service }) => `${service} was restarted`),
  );
  if (flaws.length > 0) console.error(gateway.logs());
  return {
    calls: calls.length,
    registrations: acknowledged.length,
    endings: summaryOf(calls),
    recoveryMs,
    awayMs,
    flaws,
  };
};
