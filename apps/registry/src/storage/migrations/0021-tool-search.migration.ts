import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Whether the tools of a virtual server are searched rather than listed. */
export class ToolSearch1765324800000 implements MigrationInterface {
  name = 'ToolSearch1765324800000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE registry.server ADD COLUMN tool_search boolean NOT NULL DEFAULT false');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE registry.server DROP COLUMN tool_search');
  }
}
