import { type Command, Option } from 'commander';
import { processEnvironment } from '#libs/config';
import { AdminApi } from '../../gateway/admin-api.js';
import { httpUrl } from '../http-url.js';
import { newCommand } from '../new-command.js';
import { importServers } from './import-servers.js';
import { readServerList } from './server-list.js';
import { terminalAsker } from './terminal.js';

interface ImportOptions {
  readonly url: URL;
  readonly token?: string;
  readonly dryRun?: true;
}

export const importCommand = (): Command =>
  newCommand('import')
    .description(
      'Registers the servers of a client configuration at a running gateway, and says of each how it went. What the file ' +
        'switches off is not started; what it says that a gateway cannot do leaves its server out, with the reason.',
    )
    .argument(
      '<file>',
      'of VS Code, Claude, Cursor, Zed, opencode, Codex or another client: JSON, with comments too, or TOML',
    )
    .addOption(
      new Option('--url <url>', 'where the gateway is')
        .env('SWITCHYARD_URL')
        .default(new URL('http://127.0.0.1:4444'), 'http://127.0.0.1:4444')
        .argParser(httpUrl('--url')),
    )
    .addOption(new Option('--token <token>', 'of an administrator').env('SWITCHYARD_TOKEN'))
    .option('--dry-run', 'only say what would be done')
    .action(async (file: string, { url, token, dryRun }: ImportOptions) => {
      if (token === undefined) throw new Error('import needs an administrator’s --token (or SWITCHYARD_TOKEN)');
      const isDryRun = dryRun === true;
      const ask = terminalAsker();
      const entries = await readServerList(file, {
        env: processEnvironment(),
        ask: ask !== null && isDryRun ? async ({ id }) => String(id) : ask,
      });
      const print = (line: string): void => void process.stdout.write(`${line}\n`);
      const failed = await importServers(new AdminApi(url.origin, token), entries, { isDryRun, print });
      if (failed > 0) throw new Error(`${failed} of the servers could not be registered`);
    });
