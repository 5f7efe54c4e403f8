import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Every token is on record, whatever made it, and with the token that asked for it. */
export class TokensOnRecord1763700000002 implements MigrationInterface {
  name = 'TokensOnRecord1763700000002';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE auth.api_tokens
        ADD COLUMN made_by text NOT NULL DEFAULT 'request'
          CHECK (made_by IN ('request', 'login', 'command', 'start')),
        ADD COLUMN parent_token_id text`);
    await runner.query(
      'CREATE INDEX api_tokens_parent ON auth.api_tokens (parent_token_id) WHERE parent_token_id IS NOT NULL',
    );
    await runner.query(
      `CREATE INDEX api_tokens_passing ON auth.api_tokens (expires_at) WHERE made_by IN ('login', 'start')`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DELETE FROM auth.api_tokens WHERE made_by IN ('login', 'start')`);
    await runner.query('DROP INDEX auth.api_tokens_parent, auth.api_tokens_passing');
    await runner.query('ALTER TABLE auth.api_tokens DROP COLUMN made_by, DROP COLUMN parent_token_id');
  }
}
