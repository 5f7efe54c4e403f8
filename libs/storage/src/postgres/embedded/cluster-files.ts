import { type FileHandle, mkdir, open, readdir } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import type { Logger } from '#libs/telemetry';
import { connectionOf } from '../location.js';
import { openHome } from './data-home.js';
import type { RunningPostgres } from './running.js';
import { give, makeFolder, runner } from './runner.js';

/** A file or folder of what is copied; its path is relative, with `/`. */
export interface CopiedFile {
  readonly path: string;
  /** `null` for a folder. */
  readonly bytes: number | null;
  /** Of a file, exactly as many bytes, to be read before the next file is asked for. */
  readonly content: AsyncIterable<Buffer>;
}

const READ_BYTES = 256 * 1024;

/** What a server makes anew when it starts, and what belongs to one that runs. */
const TRANSIENT =
  /^(?:postmaster\.(?:pid|opts)|backup_label(?:\.old)?|tablespace_map(?:\.old)?|(?:pg_wal|pg_replslot|pg_dynshmem|pg_notify|pg_serial|pg_snapshots|pg_stat_tmp|pg_subtrans)\/.*|(?:.*\/)?(?:pg_internal\.init|pgsql_tmp).*)$/;
/** Folders of `pg_wal` that a server does not make itself. */
const NEEDED = new Set(['pg_wal/archive_status', 'pg_wal/summaries']);
const LAST = 'global/pg_control';

/**
 * The files of a server that runs, from which one starts that holds every transaction that had ended when the last of its data was
 * read. Others may write meanwhile. See https://www.postgresql.org/docs/current/continuous-archiving.html, "Making a base backup
 * using the low level API". Rejects with what the server says.
 */
export async function* copyCluster({ location, data }: RunningPostgres): AsyncGenerator<CopiedFile> {
  const client = new pg.Client({ ...connectionOf(location), connectionTimeoutMillis: 10_000 });
  client.on('error', () => {});
  await client.connect();
  try {
    await client.query('SET statement_timeout = 0');
    // Keeps the log of what is written meanwhile; both end with the connection.
    const slot = `switchyard_copy_${process.pid}`;
    await client.query('SELECT pg_create_physical_replication_slot($1, true, true)', [slot]);
    const begun = await client.query<{ readonly log: string }>(
      `SELECT pg_walfile_name(pg_backup_start('switchyard', true)) AS log`,
    );
    for await (const name of namesBelow(data)) {
      if (name !== LAST && (!TRANSIENT.test(name) || NEEDED.has(name))) yield* copied(data, name);
    }
    yield* copied(data, LAST);
    const ended = await client.query<{ readonly label: string; readonly log: string }>(
      'SELECT labelfile AS label, pg_walfile_name(lsn) AS log FROM pg_backup_stop(false)',
    );
    const [first = '', last = '', label = ''] = [begun.rows[0]?.log, ended.rows[0]?.log, ended.rows[0]?.label];
    yield { path: 'backup_label', bytes: Buffer.byteLength(label), content: only(label) };
    for (const name of (await readdir(path.join(data, 'pg_wal'))).sort()) {
      if (/^[0-9A-F]{24}$/.test(name) && name >= first && name <= last) yield* copied(data, `pg_wal/${name}`);
    }
  } finally {
    await client.end().catch(() => {});
  }
}

/** Puts such files where `startEmbeddedPostgres` finds them in `dataDir`, which is new. */
export const placeCluster = async (
  dataDir: string,
  logger: Logger,
): Promise<{ readonly add: (file: CopiedFile) => Promise<void> }> => {
  const user = runner();
  const { data } = openHome(path.resolve(dataDir), user, logger);
  makeFolder(data, user);
  return {
    add: async (file) => {
      const target = path.join(data, file.path);
      if (file.bytes === null) await mkdir(target, { mode: 0o700 });
      else await writeWhole(target, file.content);
      give(target, user);
    },
  };
};

const writeWhole = async (target: string, content: AsyncIterable<Buffer>): Promise<void> => {
  const file = await open(target, 'wx', 0o600);
  try {
    await file.writeFile(content);
  } finally {
    await file.close();
  }
};

/** What is below `root`, or `below` it there: names relative to `root`, a folder before what is in it. Nothing where it is not there. */
export async function* namesBelow(root: string, below = ''): AsyncGenerator<string> {
  const entries = await readdir(path.join(root, below), { withFileTypes: true }).catch(ignoreAbsent);
  for (const entry of entries ?? []) {
    const name = below === '' ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory()) {
      yield name;
      yield* namesBelow(root, name);
    } else if (entry.isFile()) yield name;
  }
}

/** One file or folder below `root`; nothing where it is gone by now, as files of dropped tables are. */
export async function* copied(root: string, name: string): AsyncGenerator<CopiedFile> {
  const file = await open(path.join(root, name), 'r').catch(ignoreAbsent);
  if (file === null) return;
  try {
    const stat = await file.stat();
    if (stat.isDirectory()) yield { path: name, bytes: null, content: only('') };
    else yield { path: name, bytes: stat.size, content: read(file, stat.size) };
  } finally {
    await file.close();
  }
}

/** Exactly that many bytes, whatever becomes of the file: the server's own log mends what was cut off meanwhile. */
async function* read(file: FileHandle, bytes: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes; ) {
    const length = Math.min(READ_BYTES, bytes - at);
    const buffer = Buffer.alloc(length);
    const { bytesRead } = await file.read(buffer, 0, length, at);
    yield bytesRead === 0 ? buffer : buffer.subarray(0, bytesRead);
    at += bytesRead === 0 ? length : bytesRead;
  }
}

async function* only(text: string): AsyncGenerator<Buffer> {
  if (text !== '') yield Buffer.from(text);
}

const ignoreAbsent = (error: NodeJS.ErrnoException): null => {
  if (error.code === 'ENOENT') return null;
  throw error;
};
