import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Gateways that are HTTP APIs: where their document came from, and how each tool becomes a request. */
export class HttpApi1763942400000 implements MigrationInterface {
  name = 'HttpApi1763942400000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE registry.gateway DROP CONSTRAINT gateway_transport_check');
    await runner.query(
      `ALTER TABLE registry.gateway
        ADD CONSTRAINT gateway_transport_check
          CHECK (transport IN ('STREAMABLEHTTP', 'SSE', 'STDIO', 'OPENAPI', 'REST')),
        ADD COLUMN source text,
        ADD COLUMN source_version text`,
    );
    await runner.query('ALTER TABLE registry.entry ADD COLUMN source text');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DELETE FROM registry.gateway WHERE transport IN ('OPENAPI', 'REST')`);
    await runner.query('ALTER TABLE registry.entry DROP COLUMN source');
    await runner.query(
      `ALTER TABLE registry.gateway
        DROP COLUMN source,
        DROP COLUMN source_version,
        DROP CONSTRAINT gateway_transport_check,
        ADD CONSTRAINT gateway_transport_check CHECK (transport IN ('STREAMABLEHTTP', 'SSE', 'STDIO'))`,
    );
  }
}
