import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Calls are looked up by their trace, over all days. */
export class CallsByTrace1764400000104 implements MigrationInterface {
  name = 'CallsByTrace1764400000104';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE INDEX calls_by_trace ON metrics.calls (trace_id) WHERE trace_id IS NOT NULL');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX metrics.calls_by_trace');
  }
}
