import type { MigrationInterface, QueryRunner } from 'typeorm';

/** So that lists read no more than they show where a hundred thousand tools are registered. */
export class Lists1765756800000 implements MigrationInterface {
  name = 'Lists1765756800000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE INDEX entry_tagged ON registry.entry (kind, ordinal) WHERE cardinality(tags) > 0');
    await runner.query('CREATE INDEX tool_change_name ON registry.tool_change (original_name, ordinal)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX registry.entry_tagged, registry.tool_change_name');
  }
}
