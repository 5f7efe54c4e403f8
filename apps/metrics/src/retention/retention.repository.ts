import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { InjectDatabase } from '#libs/storage';

/** Rows that one statement removes, so that none runs long. */
const DELETE_ROWS = 10_000;

@Injectable()
export class RetentionRepository {
  constructor(@InjectDatabase('metrics') private readonly database: DataSource) {}

  /** Deletes what is older; answers the number of call records, of days without a partition of their own. Several replicas may do it at once. */
  async deleteOlder(limits: { readonly callsBefore: Date; readonly hoursBefore: Date }): Promise<number> {
    await this.deleteBatches('refused_records', 'refused_at', limits.callsBefore);
    await this.deleteBatches('rollups', "hour > '-infinity' AND hour", limits.hoursBefore);
    let calls = 0;
    for (const table of await this.tablesOfDays())
      calls += await this.deleteBatches(table, 'started_at', limits.callsBefore);
    return calls;
  }

  /** Those that hold calls of several days, so that they are not dropped with one. */
  private async tablesOfDays(): Promise<string[]> {
    const rows = await this.database.query<{ table: string }[]>(`
      SELECT c.relname AS table FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
      WHERE i.inhparent = 'metrics.calls'::regclass AND c.relname ~ '^calls_(of_other_days|before_\\d{8})$'`);
    return rows.map(({ table }) => table);
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
