import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Lines of the log, in a partition for each day; a line of a day that has none stands in the default one. */
export class LogLines1764900000108 implements MigrationInterface {
  name = 'LogLines1764900000108';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE metrics.log_lines (
        at timestamptz(3) NOT NULL,
        instance text NOT NULL,
        seq bigint NOT NULL,
        service text NOT NULL,
        severity smallint NOT NULL,
        message text NOT NULL,
        correlation_id text,
        trace_id text,
        principal text,
        fields json NOT NULL,
        PRIMARY KEY (at, instance, seq)
      ) PARTITION BY RANGE (at)`);
    for (const [name, columns, condition] of [
      ['grave', 'at, instance, seq', 'severity >= 40'],
      ['by_service', 'service, at, instance, seq', null],
      ['by_correlation', 'correlation_id, at, instance, seq', 'correlation_id IS NOT NULL'],
      ['by_trace', 'trace_id, at, instance, seq', 'trace_id IS NOT NULL'],
      ['by_principal', 'principal, at, instance, seq', 'principal IS NOT NULL'],
    ] as const)
      await runner.query(
        `CREATE INDEX log_lines_${name} ON metrics.log_lines (${columns}) ${condition === null ? '' : `WHERE ${condition}`}`,
      );
    await runner.query('CREATE TABLE metrics.log_lines_of_other_days PARTITION OF metrics.log_lines DEFAULT');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE metrics.log_lines');
  }
}
