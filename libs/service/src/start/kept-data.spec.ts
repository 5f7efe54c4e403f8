import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { lockDataDir } from './data-dir.js';
import { replaceKeptData } from './kept-data.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'switchyard-kept-'));
  put('.', 'before', ['secrets.json', 'postgres', 'outbox']);
  writeFileSync(join(folder, 'gateway.log'), 'a log');
  put('restoring', 'after', ['secrets.json', 'postgres']);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const put = (at: string, text: string, names: readonly string[]): void => {
  for (const name of names) {
    const folderOf = join(folder, at, name === 'secrets.json' ? '.' : name);
    mkdirSync(folderOf, { recursive: true });
    writeFileSync(name === 'secrets.json' ? join(folder, at, name) : join(folderOf, 'data'), text);
  }
};
const secretsAnd = (): readonly string[] =>
  ['secrets.json', 'postgres/data'].map((name) => readFileSync(join(folder, name), 'utf8'));

it('data are replaced as a whole, with what the others do not have, and nothing else is touched', () => {
  replaceKeptData(folder, join(folder, 'restoring'));
  expect(secretsAnd()).toEqual(['after', 'after']);
  expect(readdirSync(folder).sort()).toEqual(['gateway.log', 'postgres', 'secrets.json']);
});

it.each([0, 1, 2])('data that were being replaced are whole when a process ended after %i of them', (moved) => {
  writeFileSync(join(folder, 'restoring', 'contents.json'), JSON.stringify(['postgres', 'secrets.json']));
  renameSync(join(folder, 'restoring'), join(folder, 'incoming'));
  for (const name of ['postgres', 'secrets.json'].slice(0, moved)) {
    rmSync(join(folder, name), { recursive: true });
    renameSync(join(folder, 'incoming', name), join(folder, name));
  }
  lockDataDir(folder)();
  expect(secretsAnd()).toEqual(['after', 'after']);
  expect(existsSync(join(folder, 'outbox'))).toBe(false);
  expect(existsSync(join(folder, 'incoming'))).toBe(false);
});

it('data that were never whole stay out of the way when the folder is taken', () => {
  lockDataDir(folder)();
  expect(secretsAnd()).toEqual(['before', 'before']);
});
