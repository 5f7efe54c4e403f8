import type { MigrationInterface, QueryRunner } from 'typeorm';

/** How far each destination has the audit trail, and who sends to it at the moment. */
export class AuditForwarding1764800000107 implements MigrationInterface {
  name = 'AuditForwarding1764800000107';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE metrics.audit_forwarding (
        destination text PRIMARY KEY,
        seq bigint NOT NULL,
        leased_by uuid NOT NULL,
        leased_until timestamptz NOT NULL
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE metrics.audit_forwarding');
  }
}
