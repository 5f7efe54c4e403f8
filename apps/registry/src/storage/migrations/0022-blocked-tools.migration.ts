import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Whether a tool was on when somebody blocked it. */
export class BlockedTools1765411200000 implements MigrationInterface {
  name = 'BlockedTools1765411200000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE registry.tool_change ADD COLUMN was_enabled boolean');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE registry.tool_change DROP COLUMN was_enabled');
  }
}
