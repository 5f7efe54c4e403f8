import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What the own authorization server keeps; a consent is on record as a token. */
export class AuthorizationServer1764900000010 implements MigrationInterface {
  name = 'AuthorizationServer1764900000010';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE auth.oauth_artifacts (
        kind text NOT NULL,
        id_hash text NOT NULL,
        payload jsonb NOT NULL,
        consent_id text,
        uid text,
        user_code text,
        consumed_at timestamptz,
        expires_at timestamptz NOT NULL,
        PRIMARY KEY (kind, id_hash)
      )`);
    await runner.query('CREATE INDEX oauth_artifacts_passing ON auth.oauth_artifacts (expires_at)');
    for (const column of ['consent_id', 'uid', 'user_code'])
      await runner.query(
        `CREATE INDEX oauth_artifacts_by_${column} ON auth.oauth_artifacts (kind, ${column}) WHERE ${column} IS NOT NULL`,
      );
    await this.allow(runner, ['request', 'login', 'consent', 'command', 'start']);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE auth.oauth_artifacts');
    await runner.query(`DELETE FROM auth.api_tokens WHERE made_by = 'consent'`);
    await this.allow(runner, ['request', 'login', 'command', 'start']);
  }

  private async allow(runner: QueryRunner, makers: readonly string[]): Promise<void> {
    const listed = makers.map((maker) => `'${maker}'`).join(', ');
    await runner.query('ALTER TABLE auth.api_tokens DROP CONSTRAINT api_tokens_made_by_check');
    await runner.query(
      `ALTER TABLE auth.api_tokens ADD CONSTRAINT api_tokens_made_by_check CHECK (made_by IN (${listed}))`,
    );
  }
}
