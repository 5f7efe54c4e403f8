import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { InjectDatabase } from '#libs/storage';

/** Longer than a discovery may take, so that only the lease of a dead process runs out. */
const LEASE_SECONDS = 60;

/**
 * Who is refreshing a gateway. An advisory lock would have to be held on one connection throughout the discovery, which
 * may take half a minute and which PgBouncer's transaction pooling does not allow; a lease in the row needs none.
 */
@Injectable()
export class RefreshLeaseRepository {
  constructor(@InjectDatabase('registry') private readonly database: DataSource) {}

  /** Notes that the upstream's lists have changed, for whoever holds the lease. */
  async want(gatewayId: string): Promise<void> {
    await this.database.query('UPDATE registry.gateway SET refresh_wanted = refresh_wanted + 1 WHERE id = $1', [
      gatewayId,
    ]);
  }

  /** The wish that is served by what is read from here on; null when another process holds the lease. */
  async claim(gatewayId: string): Promise<number | null> {
    return this.wantedBy(
      `UPDATE registry.gateway SET refresh_lease_until = now() + make_interval(secs => ${LEASE_SECONDS})
        WHERE id = $1 AND (refresh_lease_until IS NULL OR refresh_lease_until < now()) RETURNING refresh_wanted AS wanted`,
      [gatewayId],
    );
  }

  /** Gives the lease back unless there has been another wish since: then it is kept, and that wish is the answer. */
  async settle(gatewayId: string, served: number): Promise<number | null> {
    const released = await this.wantedBy(
      `UPDATE registry.gateway SET refresh_lease_until = NULL, refresh_done = $2
        WHERE id = $1 AND refresh_wanted = $2 RETURNING refresh_wanted AS wanted`,
      [gatewayId, served],
    );
    if (released !== null) return null;
    return this.wantedBy(
      `UPDATE registry.gateway SET refresh_lease_until = now() + make_interval(secs => ${LEASE_SECONDS})
        WHERE id = $1 RETURNING refresh_wanted AS wanted`,
      [gatewayId],
    );
  }

  /** Gives the lease back with nothing done; the wish stays. */
  async abandon(gatewayId: string): Promise<void> {
    await this.database.query('UPDATE registry.gateway SET refresh_lease_until = NULL WHERE id = $1', [gatewayId]);
  }

  /** Gateways whose lists changed while nobody could see to it. */
  async findWanting(): Promise<string[]> {
    const rows: { id: string }[] = await this.database.query(
      'SELECT id FROM registry.gateway WHERE enabled AND refresh_wanted <> refresh_done',
    );
    return rows.map(({ id }) => id);
  }

  private async wantedBy(statement: string, parameters: unknown[]): Promise<number | null> {
    // For an UPDATE … RETURNING the driver answers [rows, count].
    const [rows]: [{ wanted: number }[], number] = await this.database.query(statement, parameters);
    return rows[0]?.wanted ?? null;
  }
}
