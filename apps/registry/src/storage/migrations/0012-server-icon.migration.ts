import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What a virtual server is shown with. */
export class ServerIcon1764547200000 implements MigrationInterface {
  name = 'ServerIcon1764547200000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE registry.server ADD COLUMN icon text');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE registry.server DROP COLUMN icon');
  }
}
