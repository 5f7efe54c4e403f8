import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What each of the last revisions changed. Where one has no row, a service of before has made it. */
export class ChangeLog1764633600000 implements MigrationInterface {
  name = 'ChangeLog1764633600000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `CREATE TABLE registry.change (
        revision bigint PRIMARY KEY,
        entry_ids text[] NOT NULL,
        gateway_ids text[] NOT NULL,
        server_ids text[] NOT NULL
      )`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE registry.change');
  }
}
