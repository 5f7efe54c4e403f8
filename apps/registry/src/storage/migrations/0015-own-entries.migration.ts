import type { MigrationInterface, QueryRunner } from 'typeorm';

const constrain = (transports: string): string =>
  `ALTER TABLE registry.gateway
    DROP CONSTRAINT gateway_transport_check,
    ADD CONSTRAINT gateway_transport_check CHECK (transport IN (${transports}))`;

/** Prompts and resources that are kept here, each as a gateway of its own. */
export class OwnEntries1764806400000 implements MigrationInterface {
  name = 'OwnEntries1764806400000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(constrain(`'STREAMABLEHTTP', 'SSE', 'STDIO', 'OPENAPI', 'REST', 'OWN'`));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DELETE FROM registry.gateway WHERE transport = 'OWN'`);
    await runner.query(constrain(`'STREAMABLEHTTP', 'SSE', 'STDIO', 'OPENAPI', 'REST'`));
  }
}
