import type { MigrationInterface, QueryRunner } from 'typeorm';

export class TaskAfter1763769600000 implements MigrationInterface {
  name = 'TaskAfter1763769600000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE registry.entry ADD COLUMN task_after_ms integer CHECK (task_after_ms >= 0)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE registry.entry DROP COLUMN task_after_ms');
  }
}
