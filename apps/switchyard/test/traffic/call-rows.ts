import pg from 'pg';
import { type PostgresLocation, connectionOf } from '#libs/storage';

export interface CallRow {
  readonly callId: string;
  readonly traceId: string | null;
  readonly outcome: string;
}

export interface Books {
  readonly rows: readonly CallRow[];
  /** Rows per outcome, and what the sums say that there are. */
  readonly counted: Readonly<Record<string, number>>;
  readonly summed: Readonly<Record<string, number>>;
}

const OUTCOMES = ['ok', 'tool_error', 'error', 'refused', 'cancelled', 'unknown'] as const;

/** Everything but the calls to the other upstream that a test may have. */
const COUNTED = "method = 'tools/call' AND name NOT LIKE 'test\\_%'";

/** What metrics has in its tables of the calls of the ledger's tool. */
export const readBooks = async (location: PostgresLocation): Promise<Books> => {
  const client = new pg.Client(connectionOf(location));
  await client.connect();
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
    const rows = await client.query<CallRow>(
      `SELECT call_id AS "callId", trace_id AS "traceId", outcome FROM metrics.calls WHERE ${COUNTED}`,
    );
    const sums = OUTCOMES.map((outcome) => `coalesce(sum(${outcome}), 0)::integer AS ${outcome}`).join(', ');
    const summed = await client.query<Record<string, number>>(
      `SELECT ${sums} FROM metrics.rollups WHERE hour = '-infinity' AND ${COUNTED}`,
    );
    const counted = Object.fromEntries(
      OUTCOMES.map((outcome) => [outcome, rows.rows.filter((row) => row.outcome === outcome).length]),
    );
    return { rows: rows.rows, counted, summed: summed.rows[0] ?? {} };
  } finally {
    await client.end();
  }
};
