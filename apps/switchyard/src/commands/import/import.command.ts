import { type Command, Option } from 'commander';
import { AdminApi } from '../../gateway/admin-api.js';
import { httpUrl } from '../http-url.js';
import { newCommand } from '../new-command.js';
import { importServers } from './import-servers.js';
import { readServerList } from './server-list.js';

interface ImportOptions {
  readonly url: URL;
  readonly token?: string;
}

export const importCommand = (): Command =>
  newCommand('import')
    .description(
      'Registers the servers of a client configuration (mcp.json) at a running gateway, and says of each how it went.',
    )
    .argument('<file>', 'with "mcpServers" or "servers"')
    .addOption(
      new Option('--url <url>', 'where the gateway is')
        .env('SWITCHYARD_URL')
        .default(new URL('http://127.0.0.1:4444'), 'http://127.0.0.1:4444')
        .argParser(httpUrl('--url')),
    )
    .addOption(new Option('--token <token>', 'of an administrator').env('SWITCHYARD_TOKEN'))
    .action(async (file: string, { url, token }: ImportOptions) => {
      if (token === undefined) throw new Error('import needs an administrator’s --token (or SWITCHYARD_TOKEN)');
      const api = new AdminApi(url.origin, token);
      const failed = await importServers(api, readServerList(file), (line) => process.stdout.write(`${line}\n`));
      if (failed > 0) throw new Error(`${failed} of the servers could not be registered`);
    });
