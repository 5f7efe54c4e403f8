import type { Command } from 'commander';
import { newCommand } from '../new-command.js';
import { startGateway } from './start-gateway.js';

interface StartOptions {
  readonly demo?: true;
  /** `true` where the option stands without its value. */
  readonly import?: string | true;
}

export const startCommand = (): Command =>
  newCommand('start')
    .description(
      'Starts the gateway: all five services in this process. Without DATABASE_URL it brings its own PostgreSQL, whose ' +
        'data is in SWITCHYARD_DATA_DIR. For these and other settings: switchyard help settings.',
    )
    .option('--demo', 'register the reference MCP server and call a tool of it, once per protocol era')
    .option('--import [file]', 'register the servers of an mcp.json')
    .action(async ({ demo, import: file }: StartOptions) => {
      if (file === true || file === '') throw new Error('--import needs the path of an mcp.json');
      await startGateway({ demo: demo === true, importFile: file ?? null });
    });
