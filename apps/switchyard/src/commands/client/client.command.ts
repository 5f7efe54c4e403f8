import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { CLIENTS, clientName } from '#libs/client-files';
import { AdminApi } from '../../gateway/admin-api.js';
import { type Asked, asksGateway, reach } from '../../gateway/reach.js';
import { Rest } from '../../gateway/rest.js';
import { askYes, isAtTerminal } from '../../terminal/ask.js';
import { CommandFailure, UsageError } from '../../terminal/failure.js';
import { jsonOption, note, type OutputOptions, quietOption, say, showList } from '../../terminal/output.js';
import { newCommand, nounCommand } from '../new-command.js';
import { diffOf, disconnected, entryIn, readClientFile, writeClientFile } from './change.js';
import { clientNamed, isWritable, pathOf, pathsOf } from './client-path.js';
import { connectCommand, PLACEHOLDER } from './connect.command.js';

/** `client ls`, `connect`, `disconnect` and `show`: the programs that use the gateway. */
export const clientCommand = (): Command =>
  nounCommand(
    'client',
    'MCP clients of this machine: which know the gateway, and making them know it.',
    listCommand(),
    connectCommand(),
    disconnectCommand(),
    showCommand(),
  );

/** A client, and which of its files know the gateway by that name. */
export interface KnownClient {
  readonly id: string;
  readonly title: string;
  readonly files: readonly { readonly path: string; readonly isConnected: boolean; readonly problem: string | null }[];
}

/** Every client whose file can be written, with those of its files that are there. */
export const knownClients = (name: string): readonly KnownClient[] =>
  CLIENTS.filter(isWritable).map((client) => ({
    id: client.id,
    title: client.title,
    files: [...new Set(Object.values(pathsOf(client.file)))].filter(existsSync).map((path) => {
      try {
        const isConnected = entryIn(client, path, readClientFile(path), name) !== undefined;
        return { path, isConnected, problem: null };
      } catch (error) {
        return { path, isConnected: false, problem: (error as Error).message };
      }
    }),
  }));

const listCommand = (): Command =>
  newCommand('ls')
    .summary('list clients, and which know the gateway')
    .option('--endpoint <name>', 'the virtual server that they may know')
    .addOption(jsonOption())
    .addOption(quietOption())
    .action(({ endpoint, ...options }: OutputOptions & { readonly endpoint?: string }) => {
      showList(knownClients(clientName(endpoint)), {
        ...options,
        idOf: ({ id }) => id,
        empty: '',
        columns: [
          ['client', ({ id }) => id],
          ['name', ({ title }) => title],
          ['state', stateOf],
          ['file', ({ files }) => files.map(({ path }) => path).join(', ')],
        ],
      });
    });

const stateOf = ({ files }: KnownClient): string => {
  if (files.some(({ isConnected }) => isConnected)) return 'connected';
  if (files.some(({ problem }) => problem !== null)) return 'unreadable';
  return files.length === 0 ? 'no file' : 'not connected';
};

interface DisconnectOptions {
  readonly endpoint?: string;
  readonly global?: boolean;
  readonly yes?: true;
}

const disconnectCommand = (): Command =>
  newCommand('disconnect')
    .summary('take the gateway out of the file of a client')
    .description('Shows what changes in the file of the client, writes it, and ends the token that stood in it.')
    .argument('<client>', 'one of client ls')
    .option('--endpoint <name>', 'the virtual server that it knows')
    .option('--global', 'of all your projects, not of the one of this folder')
    .option('-y, --yes', 'without asking')
    .action(async (id: string, { endpoint, global: isGlobal = false, yes }: DisconnectOptions) => {
      const client = clientNamed(id);
      if (!isWritable(client)) throw new UsageError(`${client.title} has no file that could be written`);
      const path = pathOf(client, isGlobal);
      const name = clientName(endpoint);
      const before = readClientFile(path);
      const entry = entryIn(client, path, before, name);
      if (entry === undefined) throw new CommandFailure(`${path} knows no server ${name}; see client ls`);
      const after = disconnected(client, path, before, name);
      say(`${path}\n${diffOf(before, after ?? '')}`);
      if (yes !== true && isAtTerminal() && !(await askYes('Write it?', true))) return;
      const backup = writeClientFile(path, after);
      say(`${after === null ? 'removed' : 'wrote'} ${path}; before it: ${backup}`);
      await endToken(JSON.stringify(entry));
    });

/** By the token itself, at the gateway whose address stands beside it: where either is gone there is nothing to end. */
const endToken = async (entry: string): Promise<void> => {
  const [token] = /eyJ[\w-]+\.[\w-]+\.[\w-]+/.exec(entry) ?? [];
  const [url] = /https?:\/\/[^\s"'\\]+/.exec(entry) ?? [];
  if (token === undefined || url === undefined) return;
  try {
    await new Rest(url.replace(/\/(?:servers\/[^/]+\/)?mcp$/, ''), token).post('/v1/auth/logout');
    note('Its token is good no more.');
  } catch (error) {
    note(`Its token could not be ended: ${(error as Error).message}`);
  }
};

interface ShowOptions extends Asked {
  readonly endpoint?: string;
}

const showCommand = (): Command =>
  asksGateway(newCommand('show'))
    .summary('print what a client has to be told')
    .description(
      `Prints what a client has to be told, with ${PLACEHOLDER} where a token goes: make one with token create.`,
    )
    .argument('<client>', 'one of client ls, or curl or stdio')
    .option('--endpoint <name>', 'a virtual server; by default all that you may see')
    .action(async (id: string, { endpoint, ...asked }: ShowOptions) => {
      const client = clientNamed(id);
      const rest = await reach(asked);
      const path = endpoint === undefined ? '/mcp' : `/servers/${await new AdminApi(rest).serverId(endpoint)}/mcp`;
      note(`For ${client.place}:`);
      say(client.write({ name: clientName(endpoint), url: `${rest.url}${path}`, token: PLACEHOLDER }));
    });
