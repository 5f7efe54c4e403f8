import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { AddressStanding } from '#contracts/tool-invocation/check-upstream.request';
import { InjectDatabase } from '#libs/storage';

/** A gateway whose turn it is, as it is now. */
export interface DueGateway {
  readonly id: string;
  readonly name: string;
  readonly reachable: boolean;
  /** What is found out counts only while this stays: it may be sent elsewhere meanwhile. */
  readonly updatedAt: Date;
}

export interface Turns {
  readonly intervalMs: number;
  /** For those that failed last. */
  readonly failingIntervalMs: number;
}

/**
 * What is stored of the checks. Whoever claims a gateway checks it, so each has its turn once, whatever number of replicas
 * there is, and when one of them dies another takes the next turn.
 */
@Injectable()
export class HealthRepository {
  constructor(@InjectDatabase('registry') private readonly database: DataSource) {}

  /** Those that are reached over HTTP, speak MCP, and have been reached before; the longest unchecked first. */
  async claimDue({ intervalMs, failingIntervalMs }: Turns, limit: number): Promise<DueGateway[]> {
    const [rows]: [DueGateway[], number] = await this.database.query(
      `UPDATE registry.gateway SET checked_at = now() WHERE id IN (
        SELECT id FROM registry.gateway
          WHERE enabled AND transport IN ('STREAMABLEHTTP', 'SSE') AND last_error IS NULL
            AND coalesce(checked_at, refreshed_at) < now() - make_interval(secs =>
              CASE WHEN reachable AND check_failures = 0 AND address_standings NOT LIKE '%"state":"ejected"%' THEN $1::float8 ELSE $2::float8 END / 1000)
          ORDER BY checked_at NULLS FIRST LIMIT $3 FOR UPDATE SKIP LOCKED)
        RETURNING id, name, reachable, updated_at AS "updatedAt"`,
      [intervalMs, failingIntervalMs, limit],
    );
    return rows;
  }

  /** Answers how often in a row it has not answered; null where the gateway is another by now. */
  async noteFailure({ id, updatedAt }: DueGateway, reason: string, failuresMax: number): Promise<number | null> {
    const [rows]: [{ failures: number }[], number] = await this.database.query(
      `UPDATE registry.gateway SET check_failures = check_failures + 1, failing_reason = $3,
          failing_since = coalesce(failing_since, now()), reachable = reachable AND check_failures + 1 < $4
        WHERE id = $1 AND updated_at = $2 RETURNING check_failures AS failures`,
      [id, updatedAt, reason, failuresMax],
    );
    return rows[0]?.failures ?? null;
  }

  /** Of a gateway with several addresses: how each of them was found. */
  async noteAddresses({ id, updatedAt }: DueGateway, standings: readonly AddressStanding[]): Promise<void> {
    await this.database.query(
      'UPDATE registry.gateway SET address_standings = $3 WHERE id = $1 AND updated_at = $2 AND address_standings <> $3',
      [id, updatedAt, JSON.stringify(standings)],
    );
  }

  async noteAnswer({ id, updatedAt }: DueGateway): Promise<void> {
    await this.database.query(
      `UPDATE registry.gateway SET check_failures = 0, failing_reason = NULL, failing_since = NULL, reachable = true
        WHERE id = $1 AND updated_at = $2 AND (check_failures > 0 OR NOT reachable)`,
      [id, updatedAt],
    );
  }
}
