import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { CallRecord } from '#libs/contracts';
import { InjectDatabase } from '#libs/storage';
import { WRITE_CALLS } from './write-calls.sql.js';

/** Rows that one clean-up statement removes, so that none runs long. */
const DELETE_ROWS = 10_000;

@Injectable()
export class CallsRepository {
  constructor(@InjectDatabase('metrics') private readonly database: DataSource) {}

  /** Writes records that are distinct by call id; gives the ids of those that were not known yet. */
  async write(records: readonly CallRecord[]): Promise<Set<string>> {
    const rows = await this.database.query<{ callId: string }[]>(WRITE_CALLS, columnsOf(records));
    return new Set(rows.map((row) => row.callId));
  }

  /** Keeps what the tables refuse, for a person to look at. */
  async keepRefused(record: unknown, reason: string): Promise<void> {
    await this.database.query('INSERT INTO metrics.refused_records (reason, record) VALUES ($1, $2)', [
      reason.slice(0, 500),
      (JSON.stringify(record) ?? 'undefined').replaceAll('\\u0000', '\\ufffd').slice(0, 20_000),
    ]);
  }

  /** Deletes what is older; gives the number of call records. Several replicas may do it at once. */
  async forget(limits: { readonly callsBefore: Date; readonly hoursBefore: Date }): Promise<number> {
    await this.deleteBatches('refused_records', 'refused_at', limits.callsBefore);
    await this.deleteBatches('rollups', "hour > '-infinity' AND hour", limits.hoursBefore);
    return this.deleteBatches('calls', 'started_at', limits.callsBefore);
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

/** In the order of `WRITE_CALLS`' parameters. */
const columnsOf = (records: readonly CallRecord[]): unknown[][] => [
  records.map((record) => record.callId),
  records.map((record) => record.startedAtMs),
  records.map((record) => record.latencyMs),
  records.map((record) => record.principalId),
  records.map((record) => record.tokenId),
  records.map((record) => record.serverId),
  records.map((record) => record.method),
  records.map((record) => record.name),
  records.map((record) => record.upstreamId),
  records.map((record) => record.outcome),
  records.map((record) => record.errorCode),
  records.map((record) => record.requestBytes),
  records.map((record) => record.responseBytes),
  records.map((record) => record.traceId),
];
