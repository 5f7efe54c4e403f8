import { expect, it } from 'vitest';
import type { CopiedFile, MigrationClass } from '#libs/storage';
import { refuseLaterSchemas } from './later-schemas.js';
import { packFiles, unpackFiles } from './packed-files.js';
import { readSealed, seal } from './sealed.js';

const HEAD = { version: '1.0.0', createdAt: '2026-11-30T00:00:00.000Z', schemas: { auth: ['Accounts1763600000001'] } };

async function* pieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
const all = async <Item>(items: AsyncIterable<Item>): Promise<Item[]> => {
  const found = [];
  for await (const item of items) found.push(item);
  return found;
};
const whole = async (parts: AsyncIterable<Buffer>): Promise<Buffer> => Buffer.concat(await all(parts));
const sealed = (text: Buffer): Promise<Buffer> => whole(seal(HEAD, 'correct horse', pieces(text, 70_000)));
const opened = async (file: Buffer, passphrase = 'correct horse', pieceBytes = 65_536): Promise<Buffer> =>
  whole((await readSealed(pieces(file, pieceBytes), 'it')).open(passphrase));

const TEXT = Buffer.from('0123456789'.repeat(20_000));
/** Of one seal for all: the key takes its time. */
const FILE = await sealed(TEXT);
const bodyAt = FILE.indexOf(0x0a) + 1;
const changedAt = (at: number): Buffer => {
  const changed = Buffer.from(FILE);
  changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
  return changed;
};

it('a sealed backup is read whole in pieces of any size when the passphrase is right', async () => {
  expect((await opened(FILE, 'correct horse', 11)).equals(TEXT)).toBe(true);
  expect(FILE.includes(TEXT.subarray(0, 10))).toBe(false);
  const { head } = await readSealed(pieces(FILE, 100), 'it');
  expect(head).toMatchObject({ ...HEAD, switchyardBackup: 1 });
});

it('a sealed backup tells a wrong passphrase from damage, wherever it was changed or cut off', async () => {
  await expect(opened(FILE, 'wrong')).rejects.toThrow('the passphrase is not that of it');
  await expect(opened(changedAt(FILE.indexOf('1.0.0')))).rejects.toThrow('or the beginning of the file was changed');
  const frame = 5 + 16;
  for (const at of [bodyAt + frame, bodyAt + frame + 40_000, FILE.length - 1])
    await expect(opened(changedAt(at)), `changed at ${at}`).rejects.toThrow('it is damaged');
  const ends = [bodyAt + frame + 70_000 + frame, FILE.length - frame];
  for (const end of ends) await expect(opened(FILE.subarray(0, end)), `cut at ${end}`).rejects.toThrow('it is damaged');
  await expect(opened(Buffer.concat([FILE, Buffer.from('x')]))).rejects.toThrow('it is damaged');
});

it('a file is refused by its first line when it is no backup, or one in a later form', async () => {
  const read = (text: string) => readSealed(pieces(Buffer.from(text), 1_000), 'it');
  for (const text of ['', 'x', '{}\n', '[]\n', 'null\n', '{"switchyardBackup":1}\n', 'x'.repeat(300_000)])
    await expect(read(text)).rejects.toThrow('it is no backup of a gateway');
  await expect(read('{"switchyardBackup":2}\n')).rejects.toThrow('in a later form');
});

it('a backup is refused when a later version has made it, with what this one does not know', () => {
  const known = [{ schema: 'auth', migrations: [class Accounts1763600000001 {} as MigrationClass] }];
  expect(() => refuseLaterSchemas(HEAD, known, 'it')).not.toThrow();
  const later = { version: '9.0.0', schemas: { auth: ['Accounts1763600000001', 'Later9000000000001'] } };
  expect(() => refuseLaterSchemas(later, known, 'it')).toThrow(/of a later version, 9\.0\.0 \(its auth has Later9/);
  expect(() => refuseLaterSchemas({ ...later, schemas: { other: ['X1'] } }, known, 'it')).toThrow(/other has X1/);
});

it('files are unpacked as they were packed, and refused when they would leave their folder', async () => {
  const file = (path: string, text: string | null): CopiedFile => ({
    path,
    bytes: text === null ? null : text.length,
    content: pieces(Buffer.from(text ?? ''), 3),
  });
  const packed = (...files: CopiedFile[]) => whole(packFiles(each(files)));
  const bytes = await packed(file('a', 'hello'), file('b', null), file('b/c', ''), file('b/d', 'x'.repeat(10)));
  const found = [];
  for await (const { path, bytes: size, content } of unpackFiles(pieces(bytes, 7)))
    found.push([path, size, (await whole(content)).toString()]);
  expect(found).toEqual([
    ['a', 5, 'hello'],
    ['b', null, ''],
    ['b/c', 0, ''],
    ['b/d', 10, 'xxxxxxxxxx'],
  ]);
  for (const path of ['../x', '/x', 'a/../../x', 'a//x', '', '.', 'a\0b', '..\\x'])
    await expect(all(unpackFiles(pieces(await packed(file(path, 'x')), 100)))).rejects.toThrow();
  await expect(
    whole((await all(unpackFiles(pieces(bytes.subarray(0, 28), 100))))[0]?.content as never),
  ).rejects.toThrow('ends within a file');
});

async function* each<Item>(items: readonly Item[]): AsyncGenerator<Item> {
  yield* items;
}
