import { existsSync, rmSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createZstdCompress } from 'node:zlib';
import type { Command } from 'commander';
import { copied, type CopiedFile, copyCluster, namesBelow, planMigrations, type RunningPostgres } from '#libs/storage';
import { VERSION } from '#libs/service';
import { dataFolderHere, environmentOf, localEnvironment, localGateway } from '../../local/data-folder.js';
import { CommandFailure } from '../../terminal/failure.js';
import { note, say } from '../../terminal/output.js';
import { newCommand } from '../new-command.js';
import { givenSecrets, ownSchemas, refuseSharedDatabase } from './own-data.js';
import { packFiles } from './packed-files.js';
import { passphraseOf, passphraseOption } from './passphrase.js';
import { type BackupHead, seal } from './sealed.js';
import { stopSignal } from './stop-signal.js';
import { withDatabase } from './with-database.js';

interface BackupOptions {
  readonly passphraseFile?: string;
  readonly force?: true;
}

/** `backup FILE`: all that a gateway with a database of its own keeps, in one file. */
export const backupCommand = (): Command =>
  newCommand('backup')
    .summary('all that the gateway keeps, sealed in one file')
    .description(
      'Writes the database, the keys and the call records that are still on their way of the gateway of this machine into one file, ' +
        'sealed with a passphrase. The gateway may run or not, and goes on meanwhile. "switchyard restore" brings it back. A gateway with ' +
        'DATABASE_URL is backed up with pg_dump.',
    )
    .argument('<file>', 'to write')
    .addOption(passphraseOption())
    .option('-f, --force', 'in the place of a file that is there')
    .action(async (file: string, { passphraseFile, force }: BackupOptions) => {
      const running = localGateway();
      const env = running === null ? localEnvironment() : environmentOf(running);
      refuseSharedDatabase(env, running?.ownsDatabase);
      const folder = running?.dataDir ?? dataFolderHere(env);
      if (!existsSync(join(folder, 'secrets.json'))) throw new CommandFailure(`${folder} holds no data of a gateway`);
      const target = resolve(file);
      if (force !== true && existsSync(target))
        throw new CommandFailure(`${file} is there already; --force replaces it`);
      const passphrase = await passphraseOf(passphraseFile, true);
      const bytes = await withDatabase(folder, running, async (postgres) => {
        const head = { version: VERSION, createdAt: new Date().toISOString(), schemas: await schemasOf(postgres) };
        return write(target, head, passphrase, everything(folder, postgres));
      });
      say(`${file} holds ${folder}, ${(bytes / 1e6).toFixed(1)} MB`);
      for (const name of givenSecrets(env))
        note(`${name} is given by the environment and is not in it: keep it too, or tokens and credentials are lost`);
    });

const schemasOf = async ({ location }: RunningPostgres): Promise<BackupHead['schemas']> => {
  const schemas = ownSchemas().map(async (own): Promise<[string, readonly string[]]> => {
    const { done, unknown } = await planMigrations({ ...own, location });
    return [own.schema, [...done, ...unknown]];
  });
  return Object.fromEntries(await Promise.all(schemas));
};

/** Records first: one that reaches the database meanwhile is in both, and is stored once. */
async function* everything(folder: string, postgres: RunningPostgres): AsyncGenerator<CopiedFile> {
  yield* copied(folder, 'secrets.json');
  for await (const path of namesBelow(folder, 'outbox')) yield* copied(folder, path);
  for await (const file of copyCluster(postgres)) yield { ...file, path: `postgres/${file.path}` };
}

/** The whole file or none. Answers its size in bytes. */
const write = async (
  target: string,
  head: Pick<BackupHead, 'version' | 'createdAt' | 'schemas'>,
  passphrase: string,
  files: AsyncIterable<CopiedFile>,
): Promise<number> => {
  const draft = `${target}.${process.pid}`;
  const file = await open(draft, 'wx', 0o600).catch(({ code }: NodeJS.ErrnoException) => {
    throw new CommandFailure(`${target} cannot be written (${code})`);
  });
  const signal = stopSignal();
  try {
    let bytes = 0;
    await pipeline(
      Readable.from(packFiles(files)),
      createZstdCompress(),
      async (compressed: AsyncIterable<Buffer>) => {
        for await (const chunk of seal(head, passphrase, compressed)) {
          // Unlike `write`, it goes on where the disk took a part.
          await file.appendFile(chunk);
          bytes += chunk.length;
        }
      },
      { signal },
    );
    await file.sync();
    await file.close();
    await rename(draft, target);
    return bytes;
  } catch (error) {
    await file.close().catch(() => {});
    rmSync(draft, { force: true });
    throw signal.aborted ? signal.reason : error;
  }
};
