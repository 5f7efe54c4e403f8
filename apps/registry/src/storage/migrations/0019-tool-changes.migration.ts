import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What upstreams have changed of their tools, and what is held back of it. */
export class ToolChanges1765152000000 implements MigrationInterface {
  name = 'ToolChanges1765152000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `ALTER TABLE registry.gateway ADD COLUMN change_policy text
        CHECK (change_policy IN ('accept', 'hold_text_and_breaking', 'hold_all'))`,
    );
    await runner.query(
      `ALTER TABLE registry.entry ADD COLUMN held_change text CHECK (held_change IN ('pending', 'kept'))`,
    );
    await runner.query(
      `CREATE TABLE registry.tool_change (
        id text PRIMARY KEY,
        ordinal bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
        gateway_id text NOT NULL REFERENCES registry.gateway (id) ON DELETE CASCADE,
        original_name text NOT NULL,
        class text NOT NULL
          CHECK (class IN ('hidden_characters', 'breaking', 'text', 'compatible', 'added', 'removed')),
        state text NOT NULL CHECK (state IN ('accepted', 'pending', 'approved', 'kept', 'blocked', 'superseded')),
        findings text NOT NULL,
        before text,
        after text,
        found_at timestamptz(3) NOT NULL,
        decided_at timestamptz(3),
        decided_by text,
        note text
      )`,
    );
    await runner.query('CREATE INDEX tool_change_of_tool ON registry.tool_change (gateway_id, original_name, ordinal)');
    await runner.query(
      `CREATE INDEX tool_change_open ON registry.tool_change (state, ordinal)
        WHERE state IN ('pending', 'kept', 'blocked')`,
    );
    await runner.query('CREATE INDEX tool_change_found_at ON registry.tool_change (found_at)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE registry.tool_change');
    await runner.query('ALTER TABLE registry.entry DROP COLUMN held_change');
    await runner.query('ALTER TABLE registry.gateway DROP COLUMN change_policy');
  }
}
