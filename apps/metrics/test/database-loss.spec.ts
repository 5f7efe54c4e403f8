import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Outbox } from '#libs/outbox';
import { createLogger } from '#libs/telemetry';
import { temporaryFolder } from '#libs/testing';
import { calls } from './call-records.js';
import { type MetricsService, startMetrics } from './metrics-service.js';

let metrics: MetricsService;

beforeAll(async () => {
  metrics = await startMetrics();
});

afterAll(() => metrics?.stop());

/** The embedded server's first process, as its own lock file names it. */
const postmaster = async (): Promise<number> => {
  const [row] = await metrics.database.query<{ folder: string }[]>(
    "SELECT current_setting('data_directory') AS folder",
  );
  return Number(readFileSync(join(row?.folder ?? '', 'postmaster.pid'), 'utf8').split('\n')[0]);
};

it('metrics survives without loss when its database is killed under load', async () => {
  const logger = createLogger({ service: 'test', level: 'silent' });
  const dir = temporaryFolder('outbox');
  const outbox = new Outbox({ dir, bus: metrics.bus, logger, flushIntervalMs: 20, flushCount: 100 });
  const records = calls(2_000);
  const pid = await postmaster();
  const linesBefore = metrics.logged.length;
  let killedAtMs = 0;

  for (const [index, record] of records.entries()) {
    outbox.settle(record);
    if (index === 500) {
      process.kill(pid, 'SIGKILL');
      killedAtMs = performance.now();
    }
    if (index % 50 === 0) await sleep(5);
  }
  await expect.poll(() => outbox.pending).toBe(0);
  const secondsAway = (performance.now() - killedAtMs) / 1_000;
  await sleep(1_000);

  const [row] = await metrics.database.query<{ rows: number; summed: number }[]>(`
    SELECT (SELECT count(*)::integer FROM metrics.calls) AS rows, sum(ok)::integer AS summed
    FROM metrics.rollups WHERE hour = '-infinity'`);
  expect(row).toEqual({ rows: 2_000, summed: 2_000 });
  // A few in each second that it was away. At full speed it would be thousands.
  expect(metrics.logged.length - linesBefore).toBeLessThan(Math.max(200, 50 + 5 * secondsAway));
  await outbox.close(0);
});
