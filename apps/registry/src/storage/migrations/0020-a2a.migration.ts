import type { MigrationInterface, QueryRunner } from 'typeorm';

const constrain = (transports: string): string =>
  `ALTER TABLE registry.gateway
    DROP CONSTRAINT gateway_transport_check,
    ADD CONSTRAINT gateway_transport_check CHECK (transport IN (${transports}))`;

/** Gateways that are A2A agents: how they were read, and where they take messages. */
export class A2a1765238400000 implements MigrationInterface {
  name = 'A2a1765238400000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(constrain(`'STREAMABLEHTTP', 'SSE', 'STDIO', 'OPENAPI', 'REST', 'GRPC', 'A2A', 'OWN'`));
    await runner.query('ALTER TABLE registry.gateway ADD COLUMN a2a_source text, ADD COLUMN agent text');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DELETE FROM registry.gateway WHERE transport = 'A2A'`);
    await runner.query('ALTER TABLE registry.gateway DROP COLUMN agent, DROP COLUMN a2a_source');
    await runner.query(constrain(`'STREAMABLEHTTP', 'SSE', 'STDIO', 'OPENAPI', 'REST', 'GRPC', 'OWN'`));
  }
}
