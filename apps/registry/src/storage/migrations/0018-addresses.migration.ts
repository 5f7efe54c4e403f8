import type { MigrationInterface, QueryRunner } from 'typeorm';
import { auditTable } from '#libs/storage';

/** What is seen of an upstream from minute to minute, and who sees to it. */
const SEEN = ['reachable', 'checked_at', 'check_failures', 'failing_since', 'failing_reason', 'refreshed_at', 'hints'];
const LEASES = ['refresh_lease_until', 'refresh_wanted', 'refresh_done'];
const KEPT = ['ordinal', 'updated_at'];

const audited = (ignored: readonly string[]) =>
  auditTable('registry', { table: 'gateway', resourceType: 'gateway', id: ['id'], name: 'name', ignored });

/** Further addresses of a gateway, and how each was found when it was last looked at. */
export class Addresses1765065600000 implements MigrationInterface {
  name = 'Addresses1765065600000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `ALTER TABLE registry.gateway
        ADD COLUMN addresses text NOT NULL DEFAULT '[]',
        ADD COLUMN address_standings text NOT NULL DEFAULT '[]'`,
    );
    await this.audit(runner, [...SEEN, 'address_standings', ...LEASES, ...KEPT]);
  }

  async down(runner: QueryRunner): Promise<void> {
    await this.audit(runner, [...SEEN, ...LEASES, ...KEPT]);
    await runner.query('ALTER TABLE registry.gateway DROP COLUMN addresses, DROP COLUMN address_standings');
  }

  private async audit(runner: QueryRunner, ignored: readonly string[]): Promise<void> {
    for (const statement of audited(ignored)) await runner.query(statement);
  }
}
