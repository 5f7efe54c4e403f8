import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What the gateway goes by among gateways, where GATEWAY_ID does not say it: the same for all replicas, for good. */
export class GatewayId1765670400000 implements MigrationInterface {
  name = 'GatewayId1765670400000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE TABLE registry.own_id (id text PRIMARY KEY)');
    await runner.query(
      `INSERT INTO registry.own_id (id) VALUES ('switchyard-' || left(replace(gen_random_uuid()::text, '-', ''), 12))`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE registry.own_id');
  }
}
