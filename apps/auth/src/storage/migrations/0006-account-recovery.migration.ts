import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What happened to accounts, and links by which to set a new password. */
export class AccountRecovery1764100000006 implements MigrationInterface {
  name = 'AccountRecovery1764100000006';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE auth.account_events (
        id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
        happened_at timestamptz NOT NULL DEFAULT now(),
        user_email text NOT NULL,
        event_type text NOT NULL,
        success boolean NOT NULL,
        address text NOT NULL,
        failure_reason text
      )`);
    await runner.query('CREATE INDEX account_events_of_user ON auth.account_events (user_email, id)');
    await runner.query('CREATE INDEX account_events_by_time ON auth.account_events (happened_at)');
    await runner.query(`
      CREATE TABLE auth.password_resets (
        token_hash text PRIMARY KEY,
        user_email text NOT NULL REFERENCES auth.users (email),
        created_at timestamptz NOT NULL DEFAULT now(),
        expires_at timestamptz NOT NULL,
        used_at timestamptz
      )`);
    await runner.query('CREATE INDEX password_resets_of_user ON auth.password_resets (user_email)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE auth.password_resets, auth.account_events');
  }
}
