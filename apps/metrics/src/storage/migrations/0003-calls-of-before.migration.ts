import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The partition of days that have none is to be nearly empty: whenever a day gets its own, PostgreSQL reads all of it. What
 * it holds from before there were days becomes a partition that ends where the days begin.
 */
export class CallsOfBefore1764400000103 implements MigrationInterface {
  name = 'CallsOfBefore1764400000103';

  async up(runner: QueryRunner): Promise<void> {
    const [found] = (await runner.query('SELECT EXISTS (SELECT FROM metrics.calls_of_other_days) AS "hasCalls"')) as {
      hasCalls: boolean;
    }[];
    if (found?.hasCalls !== true) return;
    const [{ end }] = (await runner.query(`
      SELECT coalesce(min(substr(c.relname, 7)), to_char((now() AT TIME ZONE 'UTC') + interval '2 days', 'YYYYMMDD')) AS end
      FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
      WHERE i.inhparent = 'metrics.calls'::regclass AND c.relname ~ '^calls_\\d{8}$'`)) as [{ end: string }];
    const table = `metrics.calls_before_${end}`;
    const from = `'${end.slice(0, 4)}-${end.slice(4, 6)}-${end.slice(6)}T00:00:00Z'`;
    await runner.query('ALTER TABLE metrics.calls DETACH PARTITION metrics.calls_of_other_days');
    await runner.query(`ALTER TABLE metrics.calls_of_other_days RENAME TO calls_before_${end}`);
    await runner.query('CREATE TABLE metrics.calls_of_other_days PARTITION OF metrics.calls DEFAULT');
    await runner.query(`
      WITH moved AS (DELETE FROM ${table} WHERE started_at >= ${from} RETURNING *)
      INSERT INTO metrics.calls_of_other_days SELECT * FROM moved`);
    await runner.query(`ALTER TABLE metrics.calls ATTACH PARTITION ${table} FOR VALUES FROM (MINVALUE) TO (${from})`);
  }

  async down(runner: QueryRunner): Promise<void> {
    const tables = (await runner.query(`
      SELECT c.relname AS name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
      WHERE i.inhparent = 'metrics.calls'::regclass AND c.relname ~ '^calls_before_\\d{8}$'`)) as { name: string }[];
    for (const { name } of tables) {
      await runner.query(`ALTER TABLE metrics.calls DETACH PARTITION metrics.${name}`);
      await runner.query(`INSERT INTO metrics.calls SELECT * FROM metrics.${name}`);
      await runner.query(`DROP TABLE metrics.${name}`);
    }
  }
}
