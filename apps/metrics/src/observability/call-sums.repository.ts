import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { InjectDatabase, transact } from '#libs/storage';
import { type CallFilter, conditionsOf } from '../call-log/call-log.repository.js';

/** What calls add up to. Durations are null where there are none. */
export interface CallSums {
  readonly count: number;
  readonly errors: number;
  readonly avgMs: number | null;
  readonly minMs: number | null;
  readonly maxMs: number | null;
  /** p50, p75, p90, p95, p99. */
  readonly percentilesMs: readonly number[] | null;
}

export interface WindowSums extends CallSums {
  readonly method: string;
  readonly startMs: number;
}

/** What calls add up to, together or those of one name. */
export interface NamedSums extends Pick<CallSums, 'count' | 'errors' | 'avgMs'> {
  /** Null: all together. */
  readonly name: string | null;
}

/** What calls add up to, by what became of them. */
export interface OutcomeSums extends Pick<NamedSums, 'name' | 'count' | 'avgMs'> {
  readonly ok: number;
  readonly refused: number;
}

/** Whose calls, and since when. */
export type CallsOf = Pick<CallFilter, 'sinceMs' | 'principalId' | 'tokenId' | 'method'>;

const COUNTS = `
  count(*)::double precision AS count,
  (count(*) FILTER (WHERE outcome <> 'ok'))::double precision AS errors,
  avg(latency_ms) AS "avgMs"`;
const SUMS = `${COUNTS}, min(latency_ms) AS "minMs", max(latency_ms) AS "maxMs",
  percentile_cont(ARRAY[0.5, 0.75, 0.9, 0.95, 0.99]) WITHIN GROUP (ORDER BY latency_ms) AS "percentilesMs"`;

const FULL_NAME = `concat_ws(' ', nullif(method, ''), nullif(name, ''))`;

/** Adds call records up as they are asked for; a sum that takes longer than a statement may is refused. */
@Injectable()
export class CallSumsRepository {
  constructor(@InjectDatabase('metrics') private readonly database: DataSource) {}

  async sums(of: CallsOf): Promise<CallSums> {
    const { calls, values } = callsOf(of);
    const [row] = await this.ask<CallSums>(`SELECT ${SUMS} ${calls}`, values);
    if (row === undefined) throw new Error('a sum without a row');
    return row;
  }

  /** All together, and after that those by name, the slowest on average first: at most `count` of them. */
  slowest(of: CallsOf, count: number): Promise<NamedSums[]> {
    const { calls, values } = callsOf(of);
    return this.ask<NamedSums>(
      `SELECT full_name AS name, ${COUNTS}
         FROM (SELECT ${FULL_NAME} AS full_name, outcome, latency_ms ${calls}) call
         GROUP BY GROUPING SETS ((), (full_name)) ORDER BY grouping(full_name) DESC, "avgMs" DESC, full_name
         LIMIT $${values.length + 1}`,
      [...values, 1 + count],
    );
  }

  /** All together, and after that those by name, the most frequent first: at most `count` of them. */
  mostFrequent(of: CallsOf, count: number): Promise<OutcomeSums[]> {
    const { calls, values } = callsOf(of);
    return this.ask<OutcomeSums>(
      `SELECT full_name AS name, count(*)::double precision AS count, avg(latency_ms) AS "avgMs",
              (count(*) FILTER (WHERE outcome = 'ok'))::double precision AS ok,
              (count(*) FILTER (WHERE outcome = 'refused'))::double precision AS refused
         FROM (SELECT ${FULL_NAME} AS full_name, outcome, latency_ms ${calls}) call
         GROUP BY GROUPING SETS ((), (full_name)) ORDER BY grouping(full_name) DESC, 2 DESC, full_name
         LIMIT $${values.length + 1}`,
      [...values, 1 + count],
    );
  }

  /** By window and method, the newest first, at most `count`. */
  windows(of: CallsOf, windowMs: number, count: number): Promise<WindowSums[]> {
    const { calls, values } = callsOf(of);
    const window = `$${values.length + 1}`;
    return this.ask<WindowSums>(
      `SELECT method, floor(extract(epoch FROM started_at) * 1000 / ${window})::double precision * ${window} AS "startMs", ${SUMS}
         ${calls} GROUP BY 1, 2 ORDER BY 2 DESC, 1 LIMIT $${values.length + 2}`,
      [...values, windowMs, count],
    );
  }

  /** In a transaction: there the server's own time limit holds behind a pooler too. */
  private ask<Row>(statement: string, values: unknown[]): Promise<Row[]> {
    return transact(this.database, (manager) => manager.query<Row[]>(statement, values));
  }
}

const callsOf = (of: CallsOf): { calls: string; values: unknown[] } => {
  const { conditions, values } = conditionsOf(of, null);
  return { calls: `FROM metrics.calls WHERE ${conditions.join(' AND ')}`, values };
};
