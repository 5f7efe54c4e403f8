import { type Command, Option } from 'commander';
import { UsageError } from '../../terminal/failure.js';
import { newCommand } from '../new-command.js';

interface StartOptions {
  readonly demo?: true;
  /** `true` where the option stands without its value. */
  readonly import?: string | true;
  readonly log?: string;
}

export const startCommand = (): Command =>
  newCommand('start')
    .description(
      'Starts the gateway: all five services in this process. Without DATABASE_URL it brings its own PostgreSQL, whose ' +
        'data is in SWITCHYARD_DATA_DIR. For these and other settings: switchyard help settings.',
    )
    .option('--demo', 'register the reference MCP server and call a tool of it, once per protocol era')
    .option('--import [file]', 'register the servers of an mcp.json')
    .addOption(new Option('--log <file>', 'where its output goes, as `up` says').hideHelp())
    .action(async ({ demo, import: file, log }: StartOptions) => {
      if (file === true || file === '') throw new UsageError('--import needs the path of an mcp.json');
      const { startGateway } = await import('./start-gateway.js');
      await startGateway({ demo: demo === true, importFile: file ?? null, log: log ?? null });
    });
