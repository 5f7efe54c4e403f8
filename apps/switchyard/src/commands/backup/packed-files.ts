import type { CopiedFile } from '#libs/storage';
import { CommandFailure } from '../../terminal/failure.js';
import { ByteReader } from './byte-reader.js';

const ENTRY_BYTES_MAX = 16 * 1024;
const PART_BYTES_MAX = 1024 * 1024;

/** Files one after another: the length of what is said of one, that as JSON, and its bytes. */
export async function* packFiles(files: AsyncIterable<CopiedFile>): AsyncGenerator<Buffer> {
  for await (const { path, bytes, content } of files) {
    const entry = Buffer.from(JSON.stringify({ path, bytes }));
    const length = Buffer.alloc(4);
    length.writeUInt32BE(entry.length);
    yield Buffer.concat([length, entry]);
    yield* content;
  }
}

/** The same files again, each of which has to be read to its end. Throws a sentence for what `packFiles` does not write. */
export async function* unpackFiles(packed: AsyncIterable<Buffer>): AsyncGenerator<CopiedFile> {
  const reader = new ByteReader(packed);
  for (;;) {
    const length = await reader.exactly(4);
    if (length === null) return;
    const bytes = length.readUInt32BE();
    const entry = bytes > ENTRY_BYTES_MAX ? null : await reader.exactly(bytes);
    const found = entry === null ? null : (JSON.parse(entry.toString('utf8')) as Omit<CopiedFile, 'content'>);
    if (found === null || !isBelow(found.path)) throw new CommandFailure('the backup holds what no backup does');
    yield { ...found, content: content(reader, found.bytes ?? 0) };
  }
}

async function* content(reader: ByteReader, bytes: number): AsyncGenerator<Buffer> {
  for (let wanted = bytes; wanted > 0; ) {
    const part = await reader.upTo(Math.min(wanted, PART_BYTES_MAX));
    if (part === null) throw new CommandFailure('the backup ends within a file');
    wanted -= part.length;
    yield part;
  }
}

/** Whether a path stays below the folder that it is taken to. */
const isBelow = (path: unknown): path is string =>
  typeof path === 'string' &&
  !path.includes('\0') &&
  path.split('/').every((name) => name !== '' && name !== '.' && name !== '..' && !name.includes('\\'));
