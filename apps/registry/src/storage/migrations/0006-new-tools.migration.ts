import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What was switched off stays so when an upstream drops it and offers it again; new tools may wait for somebody. */
export class NewTools1764028800000 implements MigrationInterface {
  name = 'NewTools1764028800000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `ALTER TABLE registry.gateway ADD COLUMN new_tools text CHECK (new_tools IN ('enabled', 'disabled'))`,
    );
    await runner.query(`
      CREATE TABLE registry.switched_off (
        gateway_id text NOT NULL REFERENCES registry.gateway (id) ON DELETE CASCADE,
        kind text NOT NULL CHECK (kind IN ('tool', 'prompt', 'resource', 'template')),
        original_name text NOT NULL,
        PRIMARY KEY (gateway_id, kind, original_name)
      )`);
    await runner.query(
      `INSERT INTO registry.switched_off
         SELECT gateway_id, kind, original_name FROM registry.entry WHERE NOT enabled`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE registry.switched_off');
    await runner.query('ALTER TABLE registry.gateway DROP COLUMN new_tools');
  }
}
