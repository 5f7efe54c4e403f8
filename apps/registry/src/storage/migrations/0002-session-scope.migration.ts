import type { MigrationInterface, QueryRunner } from 'typeorm';

export class SessionScope1763683200000 implements MigrationInterface {
  name = 'SessionScope1763683200000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `ALTER TABLE registry.gateway ADD COLUMN session_scope text
        CHECK (session_scope IN ('shared', 'principal', 'client'))`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE registry.gateway DROP COLUMN session_scope');
  }
}
