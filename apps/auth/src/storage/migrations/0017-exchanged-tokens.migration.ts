import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What callers' tokens were exchanged for: one for each kind of token of a person, as long as that token is good. */
export class ExchangedTokens1765600000017 implements MigrationInterface {
  name = 'ExchangedTokens1765600000017';

  async up(runner: QueryRunner): Promise<void> {
    await this.forgetExchanged(runner);
    await runner.query(`ALTER TABLE auth.upstream_tokens ADD COLUMN subject text NOT NULL DEFAULT ''`);
    await runner.query('ALTER TABLE auth.upstream_tokens ADD COLUMN subject_token_id text');
    await runner.query('ALTER TABLE auth.upstream_tokens ADD COLUMN subject_ends_at timestamptz');
    await this.identify(runner, 'upstream_id, user_email, subject');
    await runner.query(
      `CREATE INDEX upstream_tokens_by_subject ON auth.upstream_tokens (subject_token_id) WHERE subject <> ''`,
    );
    await runner.query('CREATE INDEX upstream_tokens_by_user ON auth.upstream_tokens (user_email)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await this.forgetExchanged(runner);
    for (const index of ['subject', 'user']) await runner.query(`DROP INDEX auth.upstream_tokens_by_${index}`);
    await this.identify(runner, 'upstream_id, user_email');
    for (const column of ['subject_ends_at', 'subject_token_id', 'subject'])
      await runner.query(`ALTER TABLE auth.upstream_tokens DROP COLUMN ${column}`);
  }

  /** They are got again. Those of people that came of no consent. */
  private async forgetExchanged(runner: QueryRunner): Promise<void> {
    await runner.query(
      `DELETE FROM auth.upstream_tokens t WHERE user_email <> '' AND NOT EXISTS (
         SELECT FROM auth.upstream_consents c WHERE c.upstream_id = t.upstream_id AND c.user_email = t.user_email)`,
    );
  }

  private async identify(runner: QueryRunner, columns: string): Promise<void> {
    await runner.query('ALTER TABLE auth.upstream_tokens DROP CONSTRAINT upstream_tokens_pkey');
    await runner.query(`ALTER TABLE auth.upstream_tokens ADD PRIMARY KEY (${columns})`);
  }
}
