import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Whom an issuer knows as a user ends with the user, so that a namesake who is made later is nobody's yet. */
export class EndSsoIdentities1765300000014 implements MigrationInterface {
  name = 'EndSsoIdentities1765300000014';

  async up(runner: QueryRunner): Promise<void> {
    // A user who is made again counts from then.
    await runner.query(`
      DELETE FROM auth.sso_identities known USING auth.users person
      WHERE person.email = known.user_email
        AND (person.deleted_at IS NOT NULL OR known.created_at < person.created_at)`);
    await runner.query(`
      CREATE FUNCTION auth.end_sso_identities() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        DELETE FROM auth.sso_identities WHERE user_email = NEW.email;
        RETURN NULL;
      END $$`);
    await runner.query(`
      CREATE TRIGGER users_end_sso_identities AFTER UPDATE OF deleted_at ON auth.users
      FOR EACH ROW WHEN (NEW.deleted_at IS NOT NULL) EXECUTE FUNCTION auth.end_sso_identities()`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TRIGGER users_end_sso_identities ON auth.users');
    await runner.query('DROP FUNCTION auth.end_sso_identities()');
  }
}
