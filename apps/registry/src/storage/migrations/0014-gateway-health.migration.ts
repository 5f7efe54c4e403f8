import type { MigrationInterface, QueryRunner } from 'typeorm';

/** When gateways were asked whether they are there, and since when and why they are not. */
export class GatewayHealth1764720000000 implements MigrationInterface {
  name = 'GatewayHealth1764720000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `ALTER TABLE registry.gateway
        ADD COLUMN checked_at timestamptz,
        ADD COLUMN check_failures integer NOT NULL DEFAULT 0,
        ADD COLUMN failing_since timestamptz(3),
        ADD COLUMN failing_reason text`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      `ALTER TABLE registry.gateway
        DROP COLUMN checked_at,
        DROP COLUMN check_failures,
        DROP COLUMN failing_since,
        DROP COLUMN failing_reason`,
    );
  }
}
