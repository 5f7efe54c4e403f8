import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { InjectDatabase, atLength, transact } from '#libs/storage';

const DAY_MS = 86_400_000;
/** How the name of a partition ends. */
const DAY = /^_(before_)?(\d{4})(\d{2})(\d{2})$/;
/** Far more than it takes, unless many records stand among the other days. */
const MAKING_TIMEOUT_MS = 60_000;

/** A table with a partition for each day, beside one for all other days. */
export interface TableOfDays {
  readonly table: 'calls' | 'log_lines';
  /** What says of which day a row is. */
  readonly time: string;
}

export const CALLS: TableOfDays = { table: 'calls', time: 'started_at' };
export const LOG_LINES: TableOfDays = { table: 'log_lines', time: 'at' };

/** What a partition holds: a day, or all before the first day. */
export interface Span {
  readonly table: string;
  readonly startMs: number;
  readonly endMs: number;
}

/** The partitions of call records and of lines of the log, one for each day (UTC). */
@Injectable()
export class DaysRepository {
  constructor(@InjectDatabase('metrics') private readonly database: DataSource) {}

  /**
   * Makes the partitions of the day of `nowMs` and of the `ahead` next, where they are not there yet and days are kept
   * apart already.
   */
  async prepare(of: TableOfDays, nowMs: number, ahead: number): Promise<void> {
    const known = await this.spans(of);
    const wanted = Array.from({ length: ahead + 1 }, (_, at) => (Math.floor(nowMs / DAY_MS) + at) * DAY_MS);
    const missing = wanted.filter((startMs) => !known.some((span) => span.startMs <= startMs && startMs < span.endMs));
    if (missing.length === 0) return;
    await atLength(this.database, MAKING_TIMEOUT_MS, async (database) => {
      for (const startMs of missing) await this.add(database, of, startMs);
    });
  }

  /** Drops the partitions that were over by then; answers how many. */
  async dropBefore(of: TableOfDays, limitMs: number): Promise<number> {
    const over = (await this.spans(of)).filter(({ endMs }) => endMs <= limitMs);
    for (const { table } of over) await this.database.query(`DROP TABLE IF EXISTS metrics.${table}`);
    return over.length;
  }

  async spans(of: TableOfDays): Promise<Span[]> {
    const rows = await this.database.query<{ table: string }[]>(
      `SELECT c.relname AS table FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
       WHERE i.inhparent = 'metrics.${of.table}'::regclass`,
    );
    return rows.flatMap(({ table }) => {
      const [, before, year, month, day] = DAY.exec(table.slice(of.table.length)) ?? [];
      if (year === undefined) return [];
      const atMs = Date.UTC(Number(year), Number(month) - 1, Number(day));
      return [
        before === undefined ? { table, startMs: atMs, endMs: atMs + DAY_MS } : { table, startMs: 0, endMs: atMs },
      ];
    });
  }

  /** What of that day stood among the other days moves. */
  private add(database: DataSource, of: TableOfDays, startMs: number): Promise<void> {
    const all = `metrics.${of.table}`;
    const table = `${all}_${new Date(startMs).toISOString().slice(0, 10).replaceAll('-', '')}`;
    const [from, to] = [startMs, startMs + DAY_MS].map((ms) => new Date(ms).toISOString());
    return transact(database, async (manager: EntityManager) => {
      await manager.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`${all} by day`]);
      const [there] = await manager.query<{ name: string | null }[]>('SELECT to_regclass($1)::text AS name', [table]);
      if ((there?.name ?? null) !== null) return;
      await manager.query(`LOCK TABLE ${all}_of_other_days IN SHARE ROW EXCLUSIVE MODE`);
      await manager.query(`CREATE TABLE ${table} (LIKE ${all} INCLUDING DEFAULTS INCLUDING CONSTRAINTS)`);
      await manager.query(
        `WITH moved AS (
           DELETE FROM ${all}_of_other_days WHERE ${of.time} >= $1 AND ${of.time} < $2 RETURNING *)
         INSERT INTO ${table} SELECT * FROM moved`,
        [from, to],
      );
      await manager.query(`ALTER TABLE ${all} ATTACH PARTITION ${table} FOR VALUES FROM ('${from}') TO ('${to}')`);
    });
  }
}
