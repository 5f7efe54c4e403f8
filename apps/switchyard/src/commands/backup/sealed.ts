import { createCipheriv, createDecipheriv, createHash, randomBytes, scrypt } from 'node:crypto';
import { promisify } from 'node:util';
import { CommandFailure } from '../../terminal/failure.js';
import { ByteReader } from './byte-reader.js';

/** What stands at the beginning of a backup, for everybody to read; it cannot be changed without that being seen. */
export interface BackupHead {
  /** Of the form of the file. */
  readonly switchyardBackup: 1;
  /** Of the gateway's programs. */
  readonly version: string;
  readonly createdAt: string;
  /** By schema, the migrations that had been run. */
  readonly schemas: Readonly<Record<string, readonly string[]>>;
  /** Of the passphrase; base64. */
  readonly salt: string;
}

const SALT_BYTES = 16;
const KEY_BYTES = 32;
const TAG_BYTES = 16;
/** https://datatracker.ietf.org/doc/html/rfc7914: 128 MiB and about half a second for each guess. */
const SCRYPT = { N: 2 ** 17, r: 8, p: 1, maxmem: 256 * 1024 * 1024 };
const HEAD_BYTES_MAX = 256 * 1024;
const FRAME_BYTES_MAX = 1024 * 1024;
const MORE = 0;
const LAST = 1;

const derive = promisify<string, Buffer, number, typeof SCRYPT, Buffer>(scrypt);

/** One key for each file, so a count can be the nonce. */
class FrameKeys {
  private count = 0;

  private constructor(
    private readonly key: Buffer,
    private readonly headHash: Buffer,
  ) {}

  static async of(passphrase: string, salt: string, headLine: Buffer): Promise<FrameKeys> {
    const key = await derive(passphrase.normalize('NFC'), Buffer.from(salt, 'base64'), KEY_BYTES, SCRYPT);
    return new FrameKeys(key, createHash('sha256').update(headLine).digest());
  }

  /** Length and kind, which are vouched for with the head, then the text and its tag. */
  seal(text: Buffer, kind: number): Buffer {
    const prefix = Buffer.alloc(5);
    prefix.writeUInt8(kind, 0);
    prefix.writeUInt32BE(text.length, 1);
    const cipher = createCipheriv('aes-256-gcm', this.key, this.nonce());
    cipher.setAAD(Buffer.concat([this.headHash, prefix]));
    return Buffer.concat([prefix, cipher.update(text), cipher.final(), cipher.getAuthTag()]);
  }

  /** Throws where it is not what was sealed as the frame of this number. */
  open(prefix: Buffer, sealed: Buffer): Buffer {
    const decipher = createDecipheriv('aes-256-gcm', this.key, this.nonce(), { authTagLength: TAG_BYTES });
    decipher.setAAD(Buffer.concat([this.headHash, prefix]));
    decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
    return Buffer.concat([decipher.update(sealed.subarray(0, -TAG_BYTES)), decipher.final()]);
  }

  private nonce(): Buffer {
    const nonce = Buffer.alloc(12);
    nonce.writeBigUInt64BE(BigInt(this.count++), 4);
    return nonce;
  }
}

/** The bytes of a file that whoever knows the passphrase can open, and nobody can change. */
export async function* seal(
  head: Omit<BackupHead, 'switchyardBackup' | 'salt'>,
  passphrase: string,
  content: AsyncIterable<Buffer>,
): AsyncGenerator<Buffer> {
  const salt = randomBytes(SALT_BYTES).toString('base64');
  const line = Buffer.from(`${JSON.stringify({ switchyardBackup: 1, ...head, salt } satisfies BackupHead)}\n`);
  yield line;
  const keys = await FrameKeys.of(passphrase, salt, line);
  // An empty one first, by which a wrong passphrase is told from a damaged file.
  yield keys.seal(Buffer.alloc(0), MORE);
  for await (const chunk of content) {
    for (let at = 0; at < chunk.length; at += FRAME_BYTES_MAX)
      yield keys.seal(chunk.subarray(at, at + FRAME_BYTES_MAX), MORE);
  }
  yield keys.seal(Buffer.alloc(0), LAST);
}

/** A backup whose head has been read. */
export interface SealedBackup {
  readonly head: BackupHead;
  /** What was sealed, each part of it when it has been seen to be whole. Throws a sentence where one is not. */
  open(passphrase: string): AsyncGenerator<Buffer>;
}

/** Reads the head. Throws a sentence where it is no backup, or one of another form. `name` is what the file is called. */
export const readSealed = async (bytes: AsyncIterable<Buffer>, name: string): Promise<SealedBackup> => {
  const reader = new ByteReader(bytes);
  const line = await reader.until(0x0a, HEAD_BYTES_MAX);
  const head = line === null ? null : parse(line);
  if (line === null || head === null) throw new CommandFailure(`${name} is no backup of a gateway`);
  if (head.switchyardBackup !== 1)
    throw new CommandFailure(`${name} is a backup in a later form than this version knows: restore it with its own`);
  return { head, open: (passphrase) => openFrames(reader, { head, line, name, passphrase }) };
};

interface Opening {
  readonly head: BackupHead;
  readonly line: Buffer;
  readonly name: string;
  readonly passphrase: string;
}

async function* openFrames(reader: ByteReader, { head, line, name, passphrase }: Opening): AsyncGenerator<Buffer> {
  const keys = await FrameKeys.of(passphrase, head.salt, line);
  const damaged = `${name} is damaged: it is not what was written, or not all of it`;
  for (let at = 0; ; at++) {
    const prefix = await reader.exactly(5);
    const length = prefix?.readUInt32BE(1) ?? 0;
    const sealed = length > FRAME_BYTES_MAX ? null : await reader.exactly(length + TAG_BYTES);
    if (prefix === null || sealed === null) throw new CommandFailure(damaged);
    let text: Buffer;
    try {
      text = keys.open(prefix, sealed);
    } catch {
      throw new CommandFailure(
        at === 0 ? `the passphrase is not that of ${name}, or the beginning of the file was changed` : damaged,
      );
    }
    if (text.length > 0) yield text;
    if (prefix.readUInt8(0) === LAST) break;
  }
  if ((await reader.exactly(1)) !== null) throw new CommandFailure(damaged);
}

const parse = (line: Buffer): BackupHead | null => {
  try {
    const head = JSON.parse(line.toString('utf8')) as Partial<BackupHead> | null;
    const { switchyardBackup, version, createdAt, schemas, salt } = head ?? {};
    if (typeof switchyardBackup !== 'number') return null;
    const isWhole = [version, createdAt, salt].every((text) => typeof text === 'string') && isSchemas(schemas);
    return isWhole || switchyardBackup !== 1 ? (head as BackupHead) : null;
  } catch {
    return null;
  }
};

const isSchemas = (schemas: unknown): boolean =>
  typeof schemas === 'object' &&
  schemas !== null &&
  Object.values(schemas).every((names) => Array.isArray(names) && names.every((name) => typeof name === 'string'));
