import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { AddressStanding } from '#contracts/tool-invocation/health/check-upstream.request';
import { InjectDatabase } from '#libs/storage';
import { GatewayEntity } from '../../gateways/gateway.entity.js';
import { profileOf } from '../../gateways/profile.js';

/** A gateway whose turn it is, as it is now. */
export interface DueGateway {
  readonly id: string;
  readonly name: string;
  /** What is found out counts only while this stays: it may be sent elsewhere meanwhile. */
  readonly updatedAt: Date;
}

export interface Turns {
  readonly intervalMs: number;
  /** For those that failed last. */
  readonly failingIntervalMs: number;
}

/** Those that are checked: wanted, reached over HTTP, speaking MCP or with several addresses, and reached before. */
const CHECKED = `enabled AND (transport IN ('STREAMABLEHTTP', 'SSE') OR addresses <> '[]') AND last_error IS NULL`;

const isForCallersAlone = ({ credentialShape: { oauth }, passthroughHeaders }: GatewayEntity): boolean =>
  (oauth !== undefined && oauth.grantType !== 'client_credentials') || (passthroughHeaders?.length ?? 0) > 0;

/** As the index `gateway_due` has it. */
const STANDING = `(CASE WHEN reachable AND check_failures = 0 AND address_standings NOT LIKE '%"state":"ejected"%'
  THEN 'well' ELSE 'ill' END)`;

/**
 * What is stored of the checks. Whoever claims a gateway checks it, so each has its turn once, whatever number of replicas
 * there is, and when one of them dies another takes the next turn.
 */
@Injectable()
export class HealthRepository {
  constructor(@InjectDatabase('registry') private readonly database: DataSource) {}

  /** Of those that are checked, whose turn it is; the longest unchecked first. */
  async claimDue({ intervalMs, failingIntervalMs }: Turns, limit: number): Promise<DueGateway[]> {
    const [rows]: [DueGateway[], number] = await this.database.query(
      `UPDATE registry.gateway SET checked_at = now() WHERE id IN (
        SELECT id FROM registry.gateway
          WHERE ${CHECKED}
            AND (${STANDING} = 'well' AND coalesce(checked_at, refreshed_at) < now() - make_interval(secs => $1::float8 / 1000)
              OR ${STANDING} = 'ill' AND coalesce(checked_at, refreshed_at) < now() - make_interval(secs => $2::float8 / 1000))
          ORDER BY checked_at NULLS FIRST LIMIT $3 FOR UPDATE SKIP LOCKED)
        RETURNING id, name, updated_at AS "updatedAt"`,
      [intervalMs, failingIntervalMs, limit],
    );
    return rows;
  }

  /**
   * One that is checked, while it is reached as the profile of this version says. Not one that lets its callers' own credentials in
   * alone, of which checks have none: they would never find it to be back.
   */
  async findChecked(id: string, version: string): Promise<DueGateway | null> {
    const gateway = await this.database.manager
      .createQueryBuilder(GatewayEntity, 'gateway')
      .where(`gateway.id = :id AND ${CHECKED}`, { id })
      .getOne();
    return gateway === null || isForCallersAlone(gateway) || profileOf(gateway).version !== version ? null : gateway;
  }

  /** Answers whether it is reachable no more with that, and was before; not where the gateway is another by now. */
  noteFailure(gateway: DueGateway, reason: string, failuresMax: number): Promise<boolean> {
    return this.noteCheck(
      gateway,
      `check_failures = check_failures + 1, failing_reason = $3, failing_since = coalesce(failing_since, now()),
        reachable = gateway.reachable AND check_failures + 1 < $4`,
      'true',
      [reason, failuresMax],
    );
  }

  /** Of a gateway with several addresses: how each of them was found. Answers whether that is news. */
  async noteAddresses({ id, updatedAt }: DueGateway, standings: readonly AddressStanding[]): Promise<boolean> {
    const [, noted]: [unknown[], number] = await this.database.query(
      'UPDATE registry.gateway SET address_standings = $3 WHERE id = $1 AND updated_at = $2 AND address_standings <> $3',
      [id, updatedAt, JSON.stringify(standings)],
    );
    return noted > 0;
  }

  /** Answers whether it is reachable again with that, and was not before; not where the gateway is another by now. */
  noteAnswer(gateway: DueGateway): Promise<boolean> {
    return this.noteCheck(
      gateway,
      'check_failures = 0, failing_reason = NULL, failing_since = NULL, reachable = true',
      '(check_failures > 0 OR NOT gateway.reachable)',
      [],
    );
  }

  /** Answers whether it is reachable now and was not, or the other way round: by what stood there then, not at the claim. */
  private async noteCheck(
    { id, updatedAt }: DueGateway,
    changes: string,
    condition: string,
    values: readonly unknown[],
  ): Promise<boolean> {
    const [rows]: [{ hasTurned: boolean }[], number] = await this.database.query(
      `UPDATE registry.gateway SET ${changes}
        FROM (SELECT id, reachable FROM registry.gateway WHERE id = $1 FOR UPDATE) before
        WHERE gateway.id = before.id AND gateway.updated_at = $2 AND ${condition}
        RETURNING gateway.reachable <> before.reachable AS "hasTurned"`,
      [id, updatedAt, ...values],
    );
    return rows[0]?.hasTurned ?? false;
  }
}
