import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Call records stand in a partition for each day, so that a day that need not be kept is dropped, which costs nothing.
 * What there was becomes the partition of whatever day has none, without being copied.
 */
export class CallsByDay1764400000102 implements MigrationInterface {
  name = 'CallsByDay1764400000102';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE metrics.calls
        ADD client_name text,
        ADD client_version text,
        ADD address text,
        ADD revision text,
        ADD upstream_revision text,
        ADD waited_ms double precision,
        ADD upstream_ms double precision,
        ADD rule text,
        ADD was_unknown boolean NOT NULL DEFAULT false,
        DROP CONSTRAINT calls_pkey`);
    await runner.query('DROP INDEX metrics.calls_by_time');
    await runner.query('ALTER TABLE metrics.calls RENAME TO calls_of_other_days');
    await runner.query(`
      CREATE TABLE metrics.calls (LIKE metrics.calls_of_other_days INCLUDING DEFAULTS, PRIMARY KEY (call_id, started_at))
      PARTITION BY RANGE (started_at)`);
    await runner.query('CREATE INDEX calls_by_time ON metrics.calls (started_at, call_id)');
    await runner.query('CREATE INDEX calls_by_principal ON metrics.calls (principal_id, started_at, call_id)');
    await runner.query("CREATE INDEX calls_not_ok ON metrics.calls (started_at, call_id) WHERE outcome <> 'ok'");
    await runner.query('ALTER TABLE metrics.calls ATTACH PARTITION metrics.calls_of_other_days DEFAULT');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE metrics.calls_as_before AS SELECT DISTINCT ON (call_id) call_id, started_at, latency_ms, principal_id, token_id,
        server_id, method, name, upstream_id, outcome, error_code, request_bytes, response_bytes, trace_id
      FROM metrics.calls ORDER BY call_id, started_at`);
    await runner.query('DROP TABLE metrics.calls');
    await runner.query('ALTER TABLE metrics.calls_as_before RENAME TO calls');
    await runner.query('ALTER TABLE metrics.calls ADD PRIMARY KEY (call_id)');
    await runner.query('CREATE INDEX calls_by_time ON metrics.calls USING brin (started_at) WITH (autosummarize = on)');
  }
}
