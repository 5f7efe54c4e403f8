import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What the company's directory finds users and teams by. Replicas of the version before make rows that have it too. */
export class Scim1765200000013 implements MigrationInterface {
  name = 'Scim1765200000013';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      'ALTER TABLE auth.users ADD COLUMN scim_id uuid NOT NULL DEFAULT gen_random_uuid(), ADD COLUMN external_id text',
    );
    await runner.query('CREATE UNIQUE INDEX users_by_scim_id ON auth.users (scim_id)');
    await runner.query('CREATE INDEX users_by_external_id ON auth.users (external_id) WHERE external_id IS NOT NULL');
    await runner.query('ALTER TABLE auth.teams ADD COLUMN external_id text');
    await runner.query('CREATE INDEX teams_by_external_id ON auth.teams (external_id) WHERE external_id IS NOT NULL');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE auth.teams DROP COLUMN external_id');
    await runner.query('ALTER TABLE auth.users DROP COLUMN scim_id, DROP COLUMN external_id');
  }
}
