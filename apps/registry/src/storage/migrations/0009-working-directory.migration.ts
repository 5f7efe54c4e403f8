import type { MigrationInterface, QueryRunner } from 'typeorm';

/** STDIO: the folder that the program is started in. */
export class WorkingDirectory1764288000000 implements MigrationInterface {
  name = 'WorkingDirectory1764288000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE registry.gateway ADD COLUMN cwd text');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE registry.gateway DROP COLUMN cwd');
  }
}
