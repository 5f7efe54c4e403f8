import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Calls1763600000101 implements MigrationInterface {
  name = 'Calls1763600000101';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE metrics.calls (
        call_id text COLLATE "C" PRIMARY KEY,
        started_at timestamptz NOT NULL,
        latency_ms double precision NOT NULL,
        principal_id text NOT NULL,
        token_id text,
        server_id text,
        method text NOT NULL,
        name text NOT NULL,
        upstream_id text,
        outcome text NOT NULL,
        error_code text,
        request_bytes bigint NOT NULL,
        response_bytes bigint NOT NULL,
        trace_id text
      )`);
    // Rows come about in the order of time, so ranges of blocks suffice to find the old ones, at next to no cost.
    await runner.query('CREATE INDEX calls_by_time ON metrics.calls USING brin (started_at) WITH (autosummarize = on)');
    // Sums of the calls that began in an hour, and (hour '-infinity') of all calls ever. '' stands for "none".
    await runner.query(`
      CREATE TABLE metrics.rollups (
        hour timestamptz NOT NULL,
        method text COLLATE "C" NOT NULL,
        name text COLLATE "C" NOT NULL,
        upstream_id text COLLATE "C" NOT NULL,
        server_id text COLLATE "C" NOT NULL,
        ok bigint NOT NULL,
        tool_error bigint NOT NULL,
        error bigint NOT NULL,
        refused bigint NOT NULL,
        cancelled bigint NOT NULL,
        unknown bigint NOT NULL,
        timed bigint NOT NULL,
        latency_ms_sum double precision NOT NULL,
        latency_ms_min double precision,
        latency_ms_max double precision,
        request_bytes bigint NOT NULL,
        response_bytes bigint NOT NULL,
        last_started_at timestamptz NOT NULL,
        PRIMARY KEY (hour, method, name, upstream_id, server_id)
      ) WITH (fillfactor = 70)`);
    await runner.query(`
      CREATE TABLE metrics.refused_records (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        refused_at timestamptz NOT NULL DEFAULT now(),
        reason text NOT NULL,
        record text NOT NULL
      )`);
    await runner.query('CREATE INDEX refused_records_by_time ON metrics.refused_records (refused_at)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE metrics.calls, metrics.rollups, metrics.refused_records');
  }
}
