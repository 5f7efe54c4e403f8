import type { MigrationInterface, QueryRunner } from 'typeorm';

/** How a gateway spells the names of its tools and prompts, decided when it is registered: names stay what they are. */
export class ToolNameStyle1764115200000 implements MigrationInterface {
  name = 'ToolNameStyle1764115200000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `ALTER TABLE registry.gateway ADD COLUMN tool_name_style text NOT NULL DEFAULT 'exact'
         CHECK (tool_name_style IN ('exact', 'contextforge'))`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE registry.gateway DROP COLUMN tool_name_style');
  }
}
