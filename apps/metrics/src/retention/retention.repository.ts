import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { InjectDatabase } from '#libs/storage';
import { CALLS, LOG_LINES, type TableOfDays } from './days.repository.js';

/** Rows that one statement removes, so that none runs long. */
const DELETE_ROWS = 10_000;

@Injectable()
export class RetentionRepository {
  constructor(@InjectDatabase('metrics') private readonly database: DataSource) {}

  /** Deletes what is older and stands in no partition of its day; answers how many rows of each kind. Several replicas may do it at once. */
  async deleteOlder(limits: {
    readonly callsBefore: Date;
    readonly hoursBefore: Date;
    readonly linesBefore: Date;
  }): Promise<{ readonly calls: number; readonly lines: number }> {
    await this.deleteBatches('refused_records', 'refused_at', limits.callsBefore);
    await this.deleteBatches('rollups', "hour > '-infinity' AND hour", limits.hoursBefore);
    return {
      calls: await this.deleteOf(CALLS, limits.callsBefore),
      lines: await this.deleteOf(LOG_LINES, limits.linesBefore),
    };
  }

  /** From the partitions that hold several days, so that they are not dropped with one. */
  private async deleteOf({ table, time }: TableOfDays, before: Date): Promise<number> {
    const rows = await this.database.query<{ name: string }[]>(
      `SELECT c.relname AS name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
       WHERE i.inhparent = 'metrics.${table}'::regclass AND c.relname ~ '^${table}_(of_other_days|before_\\d{8})$'`,
    );
    let deleted = 0;
    for (const { name } of rows) deleted += await this.deleteBatches(name, time, before);
    return deleted;
  }

  private async deleteBatches(table: string, condition: string, before: Date): Promise<number> {
    const statement = `
      WITH gone AS (
        DELETE FROM metrics.${table} WHERE ctid = ANY(ARRAY(
          SELECT ctid FROM metrics.${table} WHERE ${condition} < $1 LIMIT ${DELETE_ROWS} FOR UPDATE SKIP LOCKED))
        RETURNING 1)
      SELECT count(*)::integer AS count FROM gone`;
    for (let total = 0; ; ) {
      const [row] = await this.database.query<{ count: number }[]>(statement, [before]);
      total += row?.count ?? 0;
      if ((row?.count ?? 0) < DELETE_ROWS) return total;
    }
  }
}
