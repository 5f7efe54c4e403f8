import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { writePrivateText } from './private-file.js';

const givenFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'private-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
};

it.each(['new', 'there already, for everybody'])('a private file is for its owner alone when it is %s', (how) => {
  const path = join(givenFolder(), 'file');
  if (how !== 'new') {
    writeFileSync(path, 'a longer text of before');
    chmodSync(path, 0o644);
  }
  writePrivateText(path, 'secret');
  expect([readFileSync(path, 'utf8'), statSync(path).mode & 0o777]).toEqual(['secret', 0o600]);
});

it('a private text goes to what is no file too, and a place where nothing can be is named', () => {
  expect(() => writePrivateText('/dev/null', 'secret')).not.toThrow();
  expect(() => writePrivateText(join(givenFolder(), 'no', 'file'), 'secret')).toThrow('cannot be written (ENOENT)');
});
