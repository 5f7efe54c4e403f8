import type { MigrationInterface, QueryRunner } from 'typeorm';

const constrain = (transports: string): string =>
  `ALTER TABLE registry.gateway
    DROP CONSTRAINT gateway_transport_check,
    ADD CONSTRAINT gateway_transport_check CHECK (transport IN (${transports}))`;

/** Gateways that are gRPC servers: how they were read, and what they have. */
export class Grpc1764979200000 implements MigrationInterface {
  name = 'Grpc1764979200000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(constrain(`'STREAMABLEHTTP', 'SSE', 'STDIO', 'OPENAPI', 'REST', 'GRPC', 'OWN'`));
    await runner.query('ALTER TABLE registry.gateway ADD COLUMN grpc_source text');
    // Beside the gateway, whose row is written from minute to minute.
    await runner.query(
      `CREATE TABLE registry.grpc_descriptors (
        gateway_id text PRIMARY KEY REFERENCES registry.gateway (id) ON DELETE CASCADE,
        descriptor_set bytea NOT NULL
      )`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE registry.grpc_descriptors');
    await runner.query(`DELETE FROM registry.gateway WHERE transport = 'GRPC'`);
    await runner.query('ALTER TABLE registry.gateway DROP COLUMN grpc_source');
    await runner.query(constrain(`'STREAMABLEHTTP', 'SSE', 'STDIO', 'OPENAPI', 'REST', 'OWN'`));
  }
}
