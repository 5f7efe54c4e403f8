import type { Command } from 'commander';
import { processEnvironment } from '#libs/config';
import { AdminApi } from '../../gateway/admin-api.js';
import { type Asked, asksGateway, reach } from '../../gateway/reach.js';
import { newCommand } from '../new-command.js';
import { contextForgeCommand } from './contextforge/contextforge.command.js';
import { importServers } from './import-servers.js';
import { readServerList } from './server-list.js';
import { terminalAsker } from './terminal.js';

interface ImportOptions extends Asked {
  readonly dryRun?: true;
}

export const importCommand = (): Command =>
  asksGateway(newCommand('import'))
    .description(
      'Registers the servers of a client configuration at a running gateway, and says of each how it went. What the file ' +
        'switches off is not started; what it says that a gateway cannot do leaves its server out, with the reason.',
    )
    .argument(
      '<file>',
      'of VS Code, Claude, Cursor, Zed, opencode, Codex or another client: JSON, with comments too, or TOML',
    )
    .option('--dry-run', 'only say what would be done')
    .addCommand(contextForgeCommand())
    .action(async (file: string, { dryRun, ...asked }: ImportOptions) => {
      const api = new AdminApi(await reach(asked));
      const isDryRun = dryRun === true;
      const ask = terminalAsker();
      const entries = await readServerList(file, {
        env: processEnvironment(),
        ask: ask !== null && isDryRun ? async ({ id }) => String(id) : ask,
      });
      const print = (line: string): void => void process.stdout.write(`${line}\n`);
      const failed = await importServers(api, entries, { isDryRun, print });
      if (failed > 0) throw new Error(`${failed} of the servers could not be registered`);
    });
