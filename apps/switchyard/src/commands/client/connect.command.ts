import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import { CLIENT_PERMISSIONS, clientName } from '#libs/client-files';
import { AdminApi } from '../../gateway/admin-api.js';
import { type Asked, asksGateway, reach } from '../../gateway/reach.js';
import type { Rest } from '../../gateway/rest.js';
import { askYes, isAtTerminal } from '../../terminal/ask.js';
import { UsageError } from '../../terminal/failure.js';
import { note, say } from '../../terminal/output.js';
import { newCommand } from '../new-command.js';
import { connected, diffOf, readClientFile, writeClientFile } from './change.js';
import { clientNamed, isWritable, pathOf, pathsOf, type WritableClient } from './client-path.js';

interface ConnectOptions extends Asked {
  readonly endpoint?: string;
  readonly global?: boolean;
  readonly days: string;
  readonly dryRun?: true;
  readonly yes?: true;
}

/** Where the token goes while there is none. */
export const PLACEHOLDER = 'YOUR_TOKEN';

/** `client connect CLIENT`: writes the client's own file. */
export const connectCommand = (): Command =>
  asksGateway(newCommand('connect'))
    .summary('write the gateway into the file of a client')
    .description(
      'Shows what changes in the file of the client, and writes it with a token made for it alone, which uses tools and administers ' +
        'nothing. The file before is kept beside it. Everything else in it stays, comments too.',
    )
    .argument('<client>', 'one of client ls')
    .option('--endpoint <name>', 'a virtual server; by default all that you may see')
    .option('--global', 'for all your projects, not for the one of this folder')
    .option('--days <count>', 'how long the token is good', '90')
    .option('--dry-run', 'only show what would change')
    .option('-y, --yes', 'without asking')
    .action(async (id: string, options: ConnectOptions) => {
      const client = clientNamed(id);
      if (!isWritable(client))
        throw new UsageError(`${client.title} has no file that could be written; see client show ${id}`);
      if (!/^[1-9]\d{0,3}$/.test(options.days)) throw new UsageError('--days needs a number of days');
      const rest = await reach(options);
      await write(rest, client, options);
    });

const write = async (rest: Rest, client: WritableClient, options: ConnectOptions): Promise<void> => {
  const { endpoint, global: isGlobal = false, days, dryRun, yes } = options;
  const serverId = endpoint === undefined ? null : await new AdminApi(rest).serverId(endpoint);
  const path = pathOf(client, isGlobal);
  const before = readClientFile(path);
  const target = {
    name: clientName(endpoint),
    url: serverId === null ? `${rest.url}/mcp` : `${rest.url}/servers/${serverId}/mcp`,
    token: PLACEHOLDER,
  };
  say(`${path}\n${diffOf(before, connected(client, path, before, target))}`);
  if (dryRun === true) return;
  if (yes !== true && isAtTerminal() && !(await askYes('Write it?', true))) return;
  const { access_token: token } = await rest.post<{ readonly access_token: string }>('/v1/tokens', {
    name: `${client.title} ${new Date().toISOString().slice(0, 23).replace('T', ' ')}`,
    expires_in_days: Number(days),
    scope: { server_id: serverId, permissions: [...CLIENT_PERMISSIONS] },
  });
  const backup = writeClientFile(path, connected(client, path, before, { ...target, token }));
  say(`wrote ${path}${backup === null ? '' : `; before it: ${backup}`}`);
  if (path === pathsOf(client.file).project && isInRepository(path)) note('It holds a token: do not commit it.');
  note(`Start ${client.title} anew; then: switchyard calls tail`);
};

const isInRepository = (path: string): boolean => {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    if (existsSync(join(folder, '.git'))) return true;
    if (folder === dirname(folder)) return false;
  }
};
