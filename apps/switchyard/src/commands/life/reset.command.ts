import { existsSync, readdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { dataFolderHere, localGateway } from '../../local/data-folder.js';
import { gatewayAt } from '../../local/running-gateways.js';
import { askYes, isAtTerminal } from '../../terminal/ask.js';
import { CommandFailure, UsageError } from '../../terminal/failure.js';
import { say } from '../../terminal/output.js';
import { newCommand } from '../new-command.js';

/** What a gateway keeps in its data folder. Whatever else stands there is somebody's, and stays. */
const OURS = ['postgres', 'outbox', 'stdio', 'restoring', 'secrets.json', 'gateway.log', 'gateway.log.1', 'lock'];

/** `reset`: as if it had never been started. */
export const resetCommand = (): Command =>
  newCommand('reset')
    .summary('forget all data of the gateway of this folder')
    .description(
      'Removes the database, the secrets and the logs of a gateway that is stopped from SWITCHYARD_DATA_DIR, ./.switchyard by ' +
        'default. Servers, users, tokens and records are gone for good.',
    )
    .option('-y, --yes', 'without asking')
    .action(async ({ yes }: { readonly yes?: true }) => {
      const folder = dataFolderHere();
      const running = gatewayAt(folder);
      if (running !== null)
        throw new CommandFailure(`the gateway at ${running.url} uses ${folder}: switchyard down first`);
      if (!existsSync(join(folder, 'secrets.json'))) {
        const other = localGateway();
        const hint = other === null ? '' : `; the one that runs has ${other.dataDir}`;
        throw new CommandFailure(`${folder} holds no data of a gateway${hint}`);
      }
      if (yes !== true) {
        if (!isAtTerminal()) throw new UsageError('reset needs --yes where it cannot ask');
        if (!(await askYes(`Remove all data of the gateway in ${folder}?`, false))) return;
      }
      // Whoever holds it uses the data, though it be another user's gateway, or one that is just starting.
      const { lockDataDir, removeKeptData } = await import('#libs/service');
      const release = lockDataDir(folder);
      try {
        remove(folder, removeKeptData);
      } finally {
        release();
      }
      say(`removed the data in ${folder}`);
    });

const remove = (folder: string, removeKeptData: (folder: string, name: string) => void): void => {
  for (const name of OURS) removeKeptData(folder, name);
  if (readdirSync(folder).length === 0) rmdirSync(folder);
};
