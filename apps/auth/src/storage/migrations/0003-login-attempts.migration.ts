import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Wrong passwords are counted by account and address, and by address alone, so that nobody can lock out others. */
export class LoginAttempts1763800000003 implements MigrationInterface {
  name = 'LoginAttempts1763800000003';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE auth.login_attempts (
        email text NOT NULL,
        address text NOT NULL,
        failures integer NOT NULL,
        counted_until timestamptz NOT NULL,
        logged_in_at timestamptz,
        PRIMARY KEY (email, address)
      )`);
    await runner.query('UPDATE auth.users SET failed_login_count = 0, locked_until = NULL');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE auth.login_attempts');
    await runner.query('UPDATE auth.users SET failed_login_count = 0, locked_until = NULL');
  }
}
