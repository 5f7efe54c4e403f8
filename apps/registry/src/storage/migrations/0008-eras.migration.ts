import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Upstreams that speak both eras: what they are and offer in each, and the one era that an operator has chosen. */
export class Eras1764201600000 implements MigrationInterface {
  name = 'Eras1764201600000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `ALTER TABLE registry.gateway
        ADD COLUMN only_era text CHECK (only_era IN ('modern', 'legacy')),
        ADD COLUMN legacy text`,
    );
    await runner.query(
      `ALTER TABLE registry.entry
        ADD COLUMN era text CHECK (era IN ('modern', 'legacy')),
        ADD COLUMN legacy_definition text`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DELETE FROM registry.entry WHERE era = 'legacy'`);
    await runner.query('ALTER TABLE registry.entry DROP COLUMN era, DROP COLUMN legacy_definition');
    await runner.query('ALTER TABLE registry.gateway DROP COLUMN only_era, DROP COLUMN legacy');
  }
}
