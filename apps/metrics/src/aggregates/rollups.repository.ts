import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { InjectDatabase, PendingEvents, transact } from '#libs/storage';

/** What is summed up: by which column, of which methods. */
export const DIMENSIONS = {
  tools: { column: 'name', method: 'tools/call' },
  resources: { column: 'name', method: 'resources/read' },
  prompts: { column: 'name', method: 'prompts/get' },
  servers: { column: 'server_id', method: null },
  gateways: { column: 'upstream_id', method: null },
} as const;

export type Dimension = keyof typeof DIMENSIONS;

/** Sums of calls. Refused ones never ran, so they stand beside the executions. */
export interface CallSums {
  readonly executions: number;
  readonly ok: number;
  readonly refused: number;
  readonly unknown: number;
  readonly timed: number;
  readonly latencyMsSum: number;
  readonly latencyMsMin: number | null;
  readonly latencyMsMax: number | null;
  readonly requestBytes: number;
  readonly responseBytes: number;
  readonly lastStartedAt: Date | null;
}

export interface PerformerSums extends CallSums {
  readonly key: string;
}

const EXECUTIONS = 'ok + tool_error + error + cancelled + unknown';
// Sums of bigints are numeric, which comes as text; a double is exact up to 2^53.
const SUMS = `
  coalesce(sum(${EXECUTIONS}), 0)::double precision AS executions,
  coalesce(sum(ok), 0)::double precision AS ok,
  coalesce(sum(refused), 0)::double precision AS refused,
  coalesce(sum(unknown), 0)::double precision AS unknown,
  coalesce(sum(timed), 0)::double precision AS timed,
  coalesce(sum(latency_ms_sum), 0) AS "latencyMsSum",
  min(latency_ms_min) AS "latencyMsMin",
  max(latency_ms_max) AS "latencyMsMax",
  coalesce(sum(request_bytes), 0)::double precision AS "requestBytes",
  coalesce(sum(response_bytes), 0)::double precision AS "responseBytes",
  max(last_started_at) FILTER (WHERE ${EXECUTIONS} > 0) AS "lastStartedAt"`;

/** The calls of a dimension: of all time from the one row that sums it, else from its hours. */
const calls = (dimension: Dimension): string => {
  const { column, method } = DIMENSIONS[dimension];
  return `
    FROM metrics.rollups
    WHERE CASE WHEN $1::timestamptz IS NULL THEN hour = '-infinity' ELSE hour >= $1 END
      AND ${method === null ? `${column} <> ''` : `method = '${method}'`}`;
};

@Injectable()
export class RollupsRepository {
  constructor(
    @InjectDatabase('metrics') private readonly database: DataSource,
    private readonly audit: PendingEvents,
  ) {}

  /** `since` null: all time. Otherwise whole hours from that one on. */
  async totals(dimension: Dimension, since: Date | null): Promise<CallSums> {
    const [row] = await this.database.query<CallSums[]>(`SELECT ${SUMS} ${calls(dimension)}`, [since]);
    if (row === undefined) throw new Error('a sum without a row');
    return row;
  }

  /**
   * Forgets the sums, and the records that they were made of; `key` null: of the whole dimension, `dimension` null: of
   * everything. A record that comes afterwards counts again.
   */
  async forget(dimension: Dimension | null, key: string | null): Promise<void> {
    const { column, method } = dimension === null ? { column: null, method: null } : DIMENSIONS[dimension];
    const conditions = [
      ...(method === null ? [] : [`method = '${method}'`]),
      ...(column === null ? [] : [key === null ? `${column} <> ''` : `${column} = $1`]),
    ];
    const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
    const values = key === null ? [] : [key];
    await transact(this.database, async (manager) => {
      await manager.query(`DELETE FROM metrics.rollups ${where}`, values);
      await manager.query(`DELETE FROM metrics.calls ${where}`, values);
      const after = { of: dimension ?? 'everything', ...(key !== null && { key }) };
      await this.audit.note({ action: 'metrics.reset', resourceType: 'metrics', after }, manager);
    });
  }

  /** Those that ran most. */
  async top(dimension: Dimension, since: Date | null, limit: number): Promise<PerformerSums[]> {
    const { column } = DIMENSIONS[dimension];
    return this.database.query<PerformerSums[]>(
      `SELECT ${column} AS key, ${SUMS} ${calls(dimension)} AND ${column} <> ''
       GROUP BY ${column} HAVING sum(${EXECUTIONS}) > 0 ORDER BY executions DESC, key LIMIT $2`,
      [since, limit],
    );
  }
}
