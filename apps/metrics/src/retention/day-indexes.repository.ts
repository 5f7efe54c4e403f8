import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { InjectDatabase, atLength, transact } from '#libs/storage';
import { CALLS, DaysRepository } from './days.repository.js';

/** What an index of a million calls takes, many times over. */
const INDEXING_TIMEOUT_MS = 600_000;
/** Records of a day arrive a little after it. */
const LATE_MS = 3_600_000;

/** What calls are looked up by, beside what is indexed as they are written. */
const INDEXES = [
  ['by_token', '(token_id, started_at, call_id) WHERE token_id IS NOT NULL'],
  ['by_name', '(name, started_at, call_id)'],
  ['by_upstream', '(upstream_id, started_at, call_id) WHERE upstream_id IS NOT NULL'],
] as const;

/**
 * Indexes the calls of days that are over. While a day lasts these would make writing a call half as dear again; made at once,
 * of calls that are all there, they cost a fraction of that.
 */
@Injectable()
export class DayIndexesRepository {
  constructor(
    @InjectDatabase('metrics') private readonly database: DataSource,
    private readonly days: DaysRepository,
  ) {}

  /** Answers how many indexes it made. Several replicas may do it at once; a late call of such a day waits for it. */
  async makeOfDaysOver(nowMs: number): Promise<number> {
    const over = (await this.days.spans(CALLS)).filter(({ endMs }) => endMs + LATE_MS <= nowMs);
    const wanted = over.flatMap(({ table }) => INDEXES.map(([name, of]) => ({ table, name: `${table}_${name}`, of })));
    const known = await this.database.query<{ name: string }[]>(
      "SELECT indexname AS name FROM pg_indexes WHERE schemaname = 'metrics' AND tablename = ANY($1::text[])",
      [over.map(({ table }) => table)],
    );
    const names = new Set(known.map(({ name }) => name));
    const missing = wanted.filter(({ name }) => !names.has(name));
    if (missing.length === 0) return 0;
    await atLength(this.database, INDEXING_TIMEOUT_MS, async (database) => {
      for (const { table, name, of } of missing)
        await transact(database, async (manager) => {
          await manager.query("SELECT pg_advisory_xact_lock(hashtextextended('metrics.calls indexes', 0))");
          // A day that was dropped meanwhile needs none.
          const [there] = await manager.query<{ name: string | null }[]>('SELECT to_regclass($1)::text AS name', [
            `metrics.${table}`,
          ]);
          if ((there?.name ?? null) === null) return;
          await manager.query(`CREATE INDEX IF NOT EXISTS ${name} ON metrics.${table} ${of}`);
        });
    });
    return missing.length;
  }
}
