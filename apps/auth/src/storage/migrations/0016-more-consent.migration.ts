import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Scopes that a consent was asked for, and those that its upstream has wanted since. Both between blanks. */
export class MoreConsent1765500000016 implements MigrationInterface {
  name = 'MoreConsent1765500000016';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE auth.upstream_consents ADD COLUMN asked_scopes text NOT NULL DEFAULT ''`);
    await runner.query(`ALTER TABLE auth.upstream_consents ADD COLUMN wanted_scopes text NOT NULL DEFAULT ''`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE auth.upstream_consents DROP COLUMN wanted_scopes');
    await runner.query('ALTER TABLE auth.upstream_consents DROP COLUMN asked_scopes');
  }
}
