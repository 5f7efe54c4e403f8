import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Calls are looked up by what they failed of. Most have not failed, and cost nothing here. */
export class CallsByCode1765000000109 implements MigrationInterface {
  name = 'CallsByCode1765000000109';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE INDEX calls_by_code ON metrics.calls (error_code, started_at, call_id) WHERE error_code IS NOT NULL`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX metrics.calls_by_code');
  }
}
