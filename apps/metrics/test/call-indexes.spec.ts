import { rmSync } from 'node:fs';
import type { DataSource, EntityManager } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EmbeddedPostgres, openDatabase, startEmbeddedPostgres } from '#libs/storage';
import { createLogger } from '#libs/telemetry';
import { temporaryFolder } from '#libs/testing';
import { type CallFilter, CallLogRepository } from '../src/call-log/call-log.repository.js';
import { CallSumsRepository, type CallsOf } from '../src/observability/call-sums.repository.js';
import { DayIndexesRepository } from '../src/retention/day-indexes.repository.js';
import { CALLS, DaysRepository } from '../src/retention/days.repository.js';
import { metricsDatabase } from '../src/storage/metrics.database.js';

const DAY_MS = 86_400_000;
const DAYS = 5;
const CALLS_PER_DAY = 24_000;
const logger = createLogger({ service: 'test', level: 'silent' });
/** Noon, so that no day ends meanwhile. */
const NOW_MS = Math.floor(Date.now() / DAY_MS) * DAY_MS + DAY_MS / 2;

/** Of each partition that is read, by what index. `null`: all of it. */
type Reads = ReadonlyMap<string, string | null>;

interface Plan {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly Plans?: readonly Plan[];
}

const readsOf = (plan: Plan): [string, string | null][] => {
  const below = (plan.Plans ?? []).flatMap(readsOf);
  if (plan['Node Type'] === 'Bitmap Heap Scan')
    return (plan.Plans ?? []).flatMap((index) => [[plan['Relation Name'] ?? '', index['Index Name'] ?? null]]);
  return plan['Relation Name'] === undefined ? below : [[plan['Relation Name'], plan['Index Name'] ?? null], ...below];
};

describe('the log of more than 100,000 calls', () => {
  const folder = temporaryFolder('call-indexes');
  let postgres: EmbeddedPostgres;
  let database: DataSource;
  let today: string;
  let indexes: DayIndexesRepository;

  /** What is read for a page. */
  const reads = async (filter: CallFilter): Promise<Reads> => {
    const explaining = {
      query: (sql: string, values: unknown[]) => database.query(`EXPLAIN (FORMAT JSON) ${sql}`, values),
    } as unknown as DataSource;
    const [row] = (await new CallLogRepository(explaining).find(filter, 101, null)) as unknown as [
      { 'QUERY PLAN': [{ Plan: Plan }] },
    ];
    return new Map(readsOf(row['QUERY PLAN'][0].Plan));
  };

  /** What is read for sums, by a plan that is made for any values, as that of a prepared statement may be. */
  const readsForSums = async (ask: (sums: CallSumsRepository) => Promise<unknown>): Promise<Reads> => {
    const plans: Plan[] = [];
    const explain = (manager: EntityManager) => async (statement: string, values: unknown[]) => {
      const given = values.map((value) => `'${value instanceof Date ? value.toISOString() : String(value)}'`);
      await manager.query('SET LOCAL plan_cache_mode = force_generic_plan');
      await manager.query(`PREPARE asked AS ${statement}`);
      const [row] = await manager.query<[{ 'QUERY PLAN': [{ Plan: Plan }] }]>(
        `EXPLAIN (FORMAT JSON) EXECUTE asked (${given.join()})`,
      );
      await manager.query('DEALLOCATE asked');
      plans.push(row['QUERY PLAN'][0].Plan);
      return [row];
    };
    // In a transaction alone, where the time limits of the server hold behind a pooler too.
    const explaining = {
      transaction: (work: (manager: object) => Promise<unknown>) =>
        database.transaction((manager) => work({ query: explain(manager) })),
    } as unknown as DataSource;
    await ask(new CallSumsRepository(explaining));
    expect(plans).toHaveLength(1);
    return new Map(plans.flatMap(readsOf));
  };

  beforeAll(async () => {
    postgres = await startEmbeddedPostgres({ dataDir: folder, logger });
    database = await openDatabase({
      ...metricsDatabase,
      location: postgres.location,
      pool: { statementTimeoutMs: 120_000, poolSize: 1 },
      logger,
    });
    const days = new DaysRepository(database);
    indexes = new DayIndexesRepository(database, days);
    for (let day = 1 - DAYS; day <= 0; day++) await days.prepare(CALLS, NOW_MS + day * DAY_MS, 0);
    await database.query(
      `INSERT INTO metrics.calls (call_id, started_at, latency_ms, principal_id, token_id, method, name, upstream_id, outcome,
         error_code, request_bytes, response_bytes)
       SELECT n::text, to_timestamp($1::double precision) - n * $2::double precision * interval '1 s', 1, 'user' || n % 997, 'token' || n % 1009, 'tools/call',
         'tool' || n % 499, 'upstream' || n % 251, CASE WHEN n % 50 = 0 THEN 'error' ELSE 'ok' END,
         CASE WHEN n % 50 = 0 THEN 'code' || n % 7 END, 1, 1
       FROM generate_series(1, $3::integer) n`,
      [NOW_MS / 1_000, 86_400 / CALLS_PER_DAY, CALLS_PER_DAY * (DAYS - 1)],
    );
    await database.query(
      `INSERT INTO metrics.calls (call_id, started_at, latency_ms, principal_id, token_id, method, name, upstream_id, outcome, request_bytes, response_bytes)
       SELECT 'more' || n, to_timestamp($1::double precision), 1, 'user' || n % 997, 'token' || n % 1009, 'tools/call', 'tool' || n % 499, 'upstream' || n % 251, 'ok', 1, 1
       FROM generate_series(1, $2::integer) n`,
      [NOW_MS / 1_000, CALLS_PER_DAY / 2],
    );
    today = `calls_${new Date(NOW_MS).toISOString().slice(0, 10).replaceAll('-', '')}`;
  });
  afterAll(async () => {
    await database?.destroy();
    await postgres?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('DayIndexesRepository indexes the days that are over, once, when it is asked again and again', async () => {
    const [count] = await database.query<{ calls: number }[]>('SELECT count(*)::integer AS calls FROM metrics.calls');
    expect(count?.calls).toBeGreaterThan(100_000);
    // Midnight is not long ago: calls of yesterday may still arrive.
    const midnightMs = Math.floor(NOW_MS / DAY_MS) * DAY_MS;
    expect(await indexes.makeOfDaysOver(midnightMs + 60_000)).toBe(3 * (DAYS - 2));
    expect(await indexes.makeOfDaysOver(NOW_MS)).toBe(3);
    expect(await indexes.makeOfDaysOver(NOW_MS)).toBe(0);
    await database.query('ANALYZE metrics.calls');
  });

  it.each([
    ['a token', { tokenId: 'token7' }, /_by_token$/],
    ['a tool', { name: 'tool7' }, /_by_name$/],
    ['an upstream', { upstreamId: 'upstream7' }, /_by_upstream$/],
  ] as const)(
    'the calls of %s are found by an index of each day when the day is over',
    async (_what, filter, index) => {
      const found = await reads(filter);
      const over = [...found].filter(([table]) => /^calls_\d+$/.test(table) && table !== today);
      expect(over.length).toBe(DAYS - 1);
      for (const [table, by] of over) expect([table, by]).toEqual([table, expect.stringMatching(index)]);
    },
  );

  it.each([
    ['a user', { principalId: 'user7' }, /principal_id/],
    ['a failure', { errorCode: 'code1' }, /error_code/],
  ] as const)(
    'the calls of %s are found by an index of every day when the day lasts, too',
    async (_what, filter, index) => {
      const found = [...(await reads(filter))].filter(([table]) => /^calls_\d+$/.test(table));
      expect(found.length).toBe(DAYS);
      for (const [table, by] of found) expect([table, by]).toEqual([table, expect.stringMatching(index)]);
    },
  );

  const of: CallsOf = { sinceMs: NOW_MS - 30 * DAY_MS, principalId: 'user7' };
  it.each([
    ['sums', (sums: CallSumsRepository) => sums.sums(of)],
    ['the slowest', (sums: CallSumsRepository) => sums.slowest(of, 10)],
    ['windows', (sums: CallSumsRepository) => sums.windows(of, DAY_MS, 10)],
  ])('%s of a user are read once, by an index of every day, when the plan is for any user', async (_what, ask) => {
    const found = [...(await readsForSums(ask))].filter(([table]) => /^calls_\d+$/.test(table));
    expect(found.length).toBe(DAYS);
    for (const [table, by] of found) expect([table, by]).toEqual([table, expect.stringMatching(/principal_id/)]);
  });

  it('the calls of a day are read alone when a time is named', async () => {
    const sinceMs = Math.floor(NOW_MS / DAY_MS - 2) * DAY_MS;
    const found = await reads({ tokenId: 'token7', sinceMs, untilMs: sinceMs + DAY_MS });
    expect([...found.keys()].filter((table) => /^calls_\d+$/.test(table)).length).toBe(1);
  });
});
