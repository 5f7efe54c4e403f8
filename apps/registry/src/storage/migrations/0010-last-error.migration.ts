import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Gateways that are kept although they could not be reached, and why. */
export class LastError1764374400000 implements MigrationInterface {
  name = 'LastError1764374400000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE registry.gateway ADD COLUMN last_error text');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DELETE FROM registry.gateway WHERE last_error IS NOT NULL');
    await runner.query('ALTER TABLE registry.gateway DROP COLUMN last_error');
  }
}
