import { createReadStream, existsSync, rmSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createZstdDecompress } from 'node:zlib';
import type { Command } from 'commander';
import { gatewayEnvironment } from '#libs/config';
import { KEPT_DATA, lockDataDir, openDataDir, removeKeptData, replaceKeptData } from '#libs/service';
import { type CopiedFile, placeCluster, planMigrations } from '#libs/storage';
import { createLogger } from '#libs/telemetry';
import { dataFolderHere } from '../../local/data-folder.js';
import { gatewayAt } from '../../local/running-gateways.js';
import { CommandFailure } from '../../terminal/failure.js';
import { note, say } from '../../terminal/output.js';
import { newCommand } from '../new-command.js';
import { refuseLaterSchemas } from './later-schemas.js';
import { givenSecrets, ownSchemas, refuseSharedDatabase } from './own-data.js';
import { unpackFiles } from './packed-files.js';
import { passphraseOf, passphraseOption } from './passphrase.js';
import { readSealed, type SealedBackup } from './sealed.js';
import { stopSignal } from './stop-signal.js';
import { withOwnDatabase } from './with-database.js';

interface RestoreOptions {
  readonly passphraseFile?: string;
  readonly force?: true;
}

/** `restore FILE`: a gateway as it was when `backup` wrote the file. */
export const restoreCommand = (): Command =>
  newCommand('restore')
    .summary('the gateway as it was at a backup')
    .description(
      'Brings back what "switchyard backup" has written, into SWITCHYARD_DATA_DIR, ./.switchyard by default, of a gateway that is stopped. ' +
        'The data that is there is kept until the other is there and its database has started. A backup of a later version is refused.',
    )
    .argument('<file>', 'to read')
    .addOption(passphraseOption())
    .option('-f, --force', 'in the place of data that is there, which is lost')
    .action(async (file: string, { passphraseFile, force }: RestoreOptions) => {
      const env = gatewayEnvironment();
      refuseSharedDatabase(env);
      const folder = dataFolderHere(env);
      const backup = await readSealed(bytesOf(file), file);
      refuseLaterSchemas(backup.head, ownSchemas(), file);
      const running = gatewayAt(folder);
      if (running !== null)
        throw new CommandFailure(`the gateway at ${running.url} uses ${folder}: switchyard down first`);
      if (force !== true && KEPT_DATA.some((name) => existsSync(join(folder, name))))
        throw new CommandFailure(`${folder} holds data of a gateway; --force puts the backup in its place`);
      const passphrase = await passphraseOf(passphraseFile, false);
      const unlock = lockDataDir(openDataDir(folder));
      try {
        await restore(backup, passphrase, folder);
      } finally {
        unlock();
      }
      const { createdAt, version } = backup.head;
      say(`${folder} is as it was at ${createdAt}, by version ${version}; next: switchyard up`);
      for (const name of givenSecrets(env))
        note(`${name} is given by the environment and counts: it must be the one from before`);
    });

async function* bytesOf(file: string): AsyncGenerator<Buffer> {
  try {
    yield* createReadStream(file, { highWaterMark: 1024 * 1024 }) as AsyncIterable<Buffer>;
  } catch (error) {
    throw new CommandFailure(`${file} cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
}

/** All of it beside the data of now, started once, and only then in its place. */
const restore = async (backup: SealedBackup, passphrase: string, folder: string): Promise<void> => {
  const staged = join(folder, 'restoring');
  const discard = (): void => {
    removeKeptData(staged, 'postgres');
    rmSync(staged, { recursive: true, force: true });
  };
  discard();
  const signal = stopSignal();
  try {
    await unpack(backup.open(passphrase), openDataDir(staged), signal);
    await withOwnDatabase(staged, async ({ location }) => {
      for (const own of ownSchemas()) await planMigrations({ ...own, location });
    });
    signal.throwIfAborted();
    replaceKeptData(folder, staged);
  } catch (error) {
    discard();
    throw signal.aborted ? signal.reason : error;
  }
};

const unpack = async (opened: AsyncIterable<Buffer>, folder: string, signal: AbortSignal): Promise<void> => {
  const logger = createLogger({ service: 'switchyard', level: 'error', to: 'stderr' });
  const cluster = await placeCluster(join(folder, 'postgres'), logger);
  await pipeline(
    Readable.from(opened),
    createZstdDecompress(),
    async (packed: AsyncIterable<Buffer>) => {
      for await (const file of unpackFiles(packed)) {
        const [first, ...rest] = file.path.split('/');
        if (first === 'postgres') await cluster.add({ ...file, path: rest.join('/') });
        else await keep(folder, file);
      }
    },
    { signal },
  );
};

const keep = async (folder: string, { path, bytes, content }: CopiedFile): Promise<void> => {
  const target = join(folder, path);
  await mkdir(bytes === null ? target : dirname(target), { recursive: true, mode: 0o700 });
  if (bytes === null) return;
  await writeFile(target, content, { flag: 'wx', mode: 0o600, flush: true });
};
