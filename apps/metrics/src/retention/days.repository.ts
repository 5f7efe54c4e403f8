import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { InjectDatabase, transact } from '#libs/storage';

const DAY_MS = 86_400_000;
const DAY_TABLE = /^calls_(\d{4})(\d{2})(\d{2})$/;
/** Held by whoever makes or drops a partition; replicas of metrics do it one after the other. */
const LOCK = 'metrics.calls by day';

/** The partitions of call records, one for each day (UTC). */
@Injectable()
export class DaysRepository {
  constructor(@InjectDatabase('metrics') private readonly database: DataSource) {}

  /** Makes the partitions of the day of `nowMs` and of the `ahead` next, where they are not there yet. */
  async prepare(nowMs: number, ahead: number): Promise<void> {
    const known = new Set(await this.days());
    for (let at = 0; at <= ahead; at += 1) {
      const startMs = (Math.floor(nowMs / DAY_MS) + at) * DAY_MS;
      if (!known.has(startMs)) await this.add(startMs);
    }
  }

  /** Drops the partitions of days that were over by then; answers how many. */
  async dropBefore(limitMs: number): Promise<number> {
    const over = (await this.days()).filter((startMs) => startMs + DAY_MS <= limitMs);
    for (const startMs of over) await this.database.query(`DROP TABLE IF EXISTS metrics.${tableOf(startMs)}`);
    return over.length;
  }

  private async days(): Promise<number[]> {
    const rows = await this.database.query<{ name: string }[]>(`
      SELECT c.relname AS name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
      WHERE i.inhparent = 'metrics.calls'::regclass`);
    return rows.flatMap(({ name }) => {
      const [, year, month, day] = DAY_TABLE.exec(name) ?? [];
      return year === undefined ? [] : [Date.UTC(Number(year), Number(month) - 1, Number(day))];
    });
  }

  /** What of that day stood among the other days moves. */
  private add(startMs: number): Promise<void> {
    const table = `metrics.${tableOf(startMs)}`;
    const [from, to] = [startMs, startMs + DAY_MS].map((ms) => new Date(ms).toISOString());
    return transact(this.database, async (manager: EntityManager) => {
      await manager.query('SET LOCAL statement_timeout = 60000');
      await manager.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [LOCK]);
      const [there] = await manager.query<{ name: string | null }[]>('SELECT to_regclass($1)::text AS name', [table]);
      if ((there?.name ?? null) !== null) return;
      await manager.query('LOCK TABLE metrics.calls_of_other_days IN SHARE ROW EXCLUSIVE MODE');
      await manager.query(`CREATE TABLE ${table} (LIKE metrics.calls INCLUDING DEFAULTS INCLUDING CONSTRAINTS)`);
      await manager.query(
        `WITH moved AS (
           DELETE FROM metrics.calls_of_other_days WHERE started_at >= $1 AND started_at < $2 RETURNING *)
         INSERT INTO ${table} SELECT * FROM moved`,
        [from, to],
      );
      await manager.query(
        `ALTER TABLE metrics.calls ATTACH PARTITION ${table} FOR VALUES FROM ('${from}') TO ('${to}')`,
      );
    });
  }
}

const tableOf = (startMs: number): string =>
  `calls_${new Date(startMs).toISOString().slice(0, 10).replaceAll('-', '')}`;
