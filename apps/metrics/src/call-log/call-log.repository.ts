import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { CallOutcome, CallRecord } from '#contracts/metrics/record-calls.request';
import { InjectDatabase } from '#libs/storage';

/** A call record as it stands in the database. Those of before these were measured have null for them. */
export interface CallRow extends Omit<CallRecord, 'waitedMs' | 'upstreamMs'> {
  readonly waitedMs: number | null;
  readonly upstreamMs: number | null;
}

/** Where a page ends: the last call on it. */
export interface Place {
  readonly startedAtMs: number;
  readonly callId: string;
}

/** What is looked for. Absent: all. `serverId: null` is the endpoint without a virtual server. */
export interface CallFilter {
  readonly sinceMs?: number | undefined;
  readonly untilMs?: number | undefined;
  readonly principalId?: string | undefined;
  readonly tokenId?: string | undefined;
  readonly serverId?: string | null | undefined;
  readonly upstreamId?: string | undefined;
  readonly method?: string | undefined;
  readonly name?: string | undefined;
  readonly outcomes?: readonly CallOutcome[] | undefined;
  readonly errorCode?: string | undefined;
  readonly clientName?: string | undefined;
  readonly address?: string | undefined;
  readonly traceId?: string | undefined;
  readonly latencyMsMin?: number | undefined;
  readonly latencyMsMax?: number | undefined;
}

const COLUMNS = `
  call_id AS "callId", (extract(epoch FROM started_at) * 1000)::double precision AS "startedAtMs",
  latency_ms AS "latencyMs", principal_id AS "principalId", token_id AS "tokenId", server_id AS "serverId",
  method, name, upstream_id AS "upstreamId", outcome, error_code AS "errorCode",
  request_bytes::double precision AS "requestBytes", response_bytes::double precision AS "responseBytes",
  trace_id AS "traceId", client_name AS "clientName", client_version AS "clientVersion", address, revision,
  upstream_revision AS "upstreamRevision", waited_ms AS "waitedMs", upstream_ms AS "upstreamMs", rule`;

const EQUAL = [
  ['principalId', 'principal_id'],
  ['tokenId', 'token_id'],
  ['upstreamId', 'upstream_id'],
  ['method', 'method'],
  ['name', 'name'],
  ['errorCode', 'error_code'],
  ['clientName', 'client_name'],
  ['address', 'address'],
  ['traceId', 'trace_id'],
] as const satisfies readonly (readonly [keyof CallFilter, string])[];

/** Reads call records, the newest first. */
@Injectable()
export class CallLogRepository {
  constructor(@InjectDatabase('metrics') private readonly database: DataSource) {}

  /** At most `count`, those after `after` where a page has ended there, or after the first `offset`. */
  find(filter: CallFilter, count: number, after: Place | null, offset = 0): Promise<CallRow[]> {
    const { conditions, values } = conditionsOf(filter, after);
    values.push(offset, count);
    return this.database.query<CallRow[]>(
      `SELECT ${COLUMNS} FROM metrics.calls WHERE ${conditions.join(' AND ')}
       ORDER BY started_at DESC, call_id DESC OFFSET $${values.length - 1} LIMIT $${values.length}`,
      values,
    );
  }

  async one(callId: string, filter: CallFilter): Promise<CallRow | null> {
    const { conditions, values } = conditionsOf(filter, null);
    values.push(callId);
    const [row] = await this.database.query<CallRow[]>(
      `SELECT ${COLUMNS} FROM metrics.calls WHERE ${conditions.join(' AND ')} AND call_id = $${values.length}
       ORDER BY started_at DESC LIMIT 1`,
      values,
    );
    return row ?? null;
  }
}

/** In SQL, what a filter asks, each that is there as a condition of its own: so an index can be used whatever the plan. */
export const conditionsOf = (filter: CallFilter, after: Place | null): { conditions: string[]; values: unknown[] } => {
  const values: unknown[] = [];
  const conditions = ['true'];
  const add = (value: unknown, condition: (parameter: string) => string): void => {
    values.push(value);
    conditions.push(condition(`$${values.length}`));
  };
  const { sinceMs, untilMs, serverId, outcomes, latencyMsMin, latencyMsMax } = filter;
  if (sinceMs !== undefined) add(new Date(sinceMs), (at) => `started_at >= ${at}`);
  if (untilMs !== undefined) add(new Date(untilMs), (at) => `started_at < ${at}`);
  if (serverId === null) conditions.push('server_id IS NULL');
  else if (serverId !== undefined) add(serverId, (id) => `server_id = ${id}`);
  if (outcomes !== undefined) {
    add(outcomes, (list) => `outcome = ANY(${list}::text[])`);
    // Said beside, so that the index of such calls is used.
    if (!outcomes.includes('ok')) conditions.push("outcome <> 'ok'");
  }
  if (latencyMsMin !== undefined) add(latencyMsMin, (ms) => `latency_ms >= ${ms}`);
  if (latencyMsMax !== undefined) add(latencyMsMax, (ms) => `latency_ms <= ${ms}`);
  for (const [member, column] of EQUAL) {
    const wanted = filter[member];
    if (wanted !== undefined) add(wanted, (value) => `${column} = ${value}`);
  }
  if (after !== null) {
    add(new Date(after.startedAtMs), (at) => `started_at <= ${at}`);
    const at = `$${values.length}`;
    add(after.callId, (id) => `(started_at, call_id) < (${at}, ${id})`);
  }
  return { conditions, values };
};
