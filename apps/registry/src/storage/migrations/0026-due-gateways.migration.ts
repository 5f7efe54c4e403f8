import type { MigrationInterface, QueryRunner } from 'typeorm';

/** So that each second's look for gateways to check reads those whose turn it is, however many there are. */
export class DueGateways1765843200000 implements MigrationInterface {
  name = 'DueGateways1765843200000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `CREATE INDEX gateway_due ON registry.gateway (
         (CASE WHEN reachable AND check_failures = 0 AND address_standings NOT LIKE '%"state":"ejected"%' THEN 'well' ELSE 'ill' END),
         (coalesce(checked_at, refreshed_at)))
       WHERE enabled AND last_error IS NULL`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX registry.gateway_due');
  }
}
