import type { MigrationInterface, QueryRunner } from 'typeorm';

export class ListingHints1763856000000 implements MigrationInterface {
  name = 'ListingHints1763856000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `ALTER TABLE registry.gateway
        ADD COLUMN hints text NOT NULL DEFAULT '{}',
        ADD COLUMN list_ttl_ms integer CHECK (list_ttl_ms >= 0),
        ADD COLUMN list_cache_scope text CHECK (list_cache_scope IN ('public', 'private'))`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      'ALTER TABLE registry.gateway DROP COLUMN hints, DROP COLUMN list_ttl_ms, DROP COLUMN list_cache_scope',
    );
  }
}
