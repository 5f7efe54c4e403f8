import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { CallRecord } from '#libs/contracts';
import { spawnSource } from '#libs/testing';

/** As many as `crash-child.ts` begins in one go. */
const CALLS_PER_TURN = 20;

let folder: string;
let dir: string;
const children: ChildProcess[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'outbox crash '));
  dir = join(folder, 'outbox');
  mkdirSync(dir);
});

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

/** Plays metrics: rows by call id, a definite outcome beats `unknown`. */
class Metrics {
  readonly rows = new Map<string, CallRecord>();
  readonly acknowledging = { on: true };

  take(records: readonly CallRecord[]): void {
    for (const record of records) {
      const known = this.rows.get(record.callId);
      if (known === undefined || known.outcome === 'unknown') this.rows.set(record.callId, record);
    }
  }
}

const start = (metrics: Metrics, prefix: string, callsAtOnce: number) => {
  const ledger = join(folder, prefix);
  writeFileSync(ledger, '');
  const noted = (letter: string): string[] =>
    readFileSync(ledger, 'utf8')
      .split('\n')
      .filter((line) => line.startsWith(letter))
      .map((line) => line.slice(2));
  const child = spawnSource(new URL('./crash-child.ts', import.meta.url), [dir, ledger, prefix, String(callsAtOnce)]);
  const ready = Promise.withResolvers<void>();
  children.push(child);
  child.on('message', (message: { number: number; records: CallRecord[] } | 'started') => {
    if (message === 'started') return ready.resolve();
    metrics.take(message.records);
    if (metrics.acknowledging.on && child.connected) child.send(message.number, () => {});
  });
  return {
    started: ready.promise,
    begun: () => noted('b'),
    settled: () => noted('s'),
    untilBegun: async (count: number): Promise<void> => {
      while (noted('b').length < count) await sleep(20);
    },
    kill: async (): Promise<void> => {
      child.kill('SIGKILL');
      await once(child, 'close');
    },
  };
};

const until = (condition: () => boolean): Promise<boolean> =>
  vi.waitUntil(condition, { timeout: 200_000, interval: 10 });

it('the outbox delivers every begun call although processes are killed again and again', async () => {
  const metrics = new Metrics();
  const begun: string[] = [];
  const settled: string[] = [];

  for (const round of [1, 2, 3]) {
    // Round 2 gets no acknowledgement: all it ships is shipped again by the next.
    metrics.acknowledging.on = round !== 2;
    const process = start(metrics, `round${round}`, 50);
    await process.untilBegun(3_000);
    await process.kill();
    begun.push(...process.begun());
    settled.push(...process.settled());
  }
  metrics.acknowledging.on = true;
  start(metrics, 'idle', 0);

  await until(() => readdirSync(dir).length === 1 && begun.every((callId) => metrics.rows.has(callId)));
  // The calls of one turn of the event loop may have been begun or settled without the time to tell.
  expect(metrics.rows.size - begun.length).toBeLessThanOrEqual(3 * CALLS_PER_TURN);
  for (const callId of settled) expect(metrics.rows.get(callId)?.outcome).toBe('ok');
  const unknown = [...metrics.rows.values()].filter((row) => row.outcome === 'unknown');
  expect(unknown.length).toBeGreaterThanOrEqual(3 * 40);
  expect(unknown.length).toBeLessThanOrEqual(3 * (50 + CALLS_PER_TURN));
}, 900_000);

it('the outbox leaves the spool of a living process alone', async () => {
  const metrics = new Metrics();
  metrics.acknowledging.on = false;
  const living = start(metrics, 'living', 10);
  await living.untilBegun(500);

  await start(new Metrics(), 'idle', 0).started;
  await sleep(200);

  expect(readdirSync(dir)).toHaveLength(2);
  await living.kill();
});
