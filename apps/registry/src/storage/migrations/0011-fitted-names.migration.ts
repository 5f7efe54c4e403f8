import type { MigrationInterface, QueryRunner } from 'typeorm';

/** One more way to spell the names of tools: as the models of all clients take them. */
export class FittedNames1764460800000 implements MigrationInterface {
  name = 'FittedNames1764460800000';

  async up(runner: QueryRunner): Promise<void> {
    await allow(runner, `'exact', 'contextforge', 'fitted'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`UPDATE registry.gateway SET tool_name_style = 'exact' WHERE tool_name_style = 'fitted'`);
    await allow(runner, `'exact', 'contextforge'`);
  }
}

const allow = (runner: QueryRunner, styles: string): Promise<unknown> =>
  runner.query(
    `ALTER TABLE registry.gateway
      DROP CONSTRAINT gateway_tool_name_style_check,
      ADD CONSTRAINT gateway_tool_name_style_check CHECK (tool_name_style IN (${styles}))`,
  );
