import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Headers of clients that go on to an upstream. */
export class PassedHeaders1765584000000 implements MigrationInterface {
  name = 'PassedHeaders1765584000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE registry.gateway ADD COLUMN passthrough_headers text');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE registry.gateway DROP COLUMN passthrough_headers');
  }
}
