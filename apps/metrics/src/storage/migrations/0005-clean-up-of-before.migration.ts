import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A replica from before there were partitions, beside newer ones while they are renewed, deletes old calls by `ctid`: a place
 * in the one table then, in every partition now. It is refused, and tries in vain until it ends.
 */
export class CleanUpOfBefore1764400000105 implements MigrationInterface {
  name = 'CleanUpOfBefore1764400000105';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE FUNCTION metrics.refuse_places() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF current_query() LIKE '%ctid%' THEN
          RAISE EXCEPTION 'metrics.calls has partitions: a ctid names a row in each of them';
        END IF;
        RETURN NULL;
      END $$`);
    await runner.query(`
      CREATE TRIGGER refuse_places BEFORE DELETE ON metrics.calls
      FOR EACH STATEMENT EXECUTE FUNCTION metrics.refuse_places()`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TRIGGER refuse_places ON metrics.calls');
    await runner.query('DROP FUNCTION metrics.refuse_places');
  }
}
