import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { temporaryFolder } from '#libs/testing';
import { readWanted } from './read-folder.js';

let folder: string;
let root: string;
beforeEach(() => {
  folder = temporaryFolder('named-files');
  root = join(folder, 'root');
  mkdirSync(root);
});
afterEach(() => rmSync(folder, { recursive: true }));

const write = (path: string, text: string): void => {
  mkdirSync(join(folder, path, '..'), { recursive: true });
  writeFileSync(join(folder, path), text);
};
/** What is sent of a gateway whose document is in this file. */
const documentIn = (named: string, path = root): unknown => {
  write('root/one.yaml', `gateways: [{ name: a, transport: OPENAPI, openapi: { document_file: ${named} } }]`);
  return readWanted(path, {})[0]?.entry['openapi'];
};

describe('files that entries of apply name', () => {
  it('a file is read when it is within the folder, by a link or by a name that begins with dots', () => {
    write('root/..2026_11_30/api.json', 'the document');
    symlinkSync('..2026_11_30', join(root, '..data'));
    symlinkSync('..data/api.json', join(root, 'api.txt'));
    for (const named of ['api.txt', '..data/api.json', './..2026_11_30/api.json'])
      expect(documentIn(named)).toEqual({ document: 'the document' });
  });

  it('a file is read when the folder itself is a link', () => {
    write('root/api.txt', 'the document');
    symlinkSync('root', join(folder, 'current'));
    expect(documentIn('api.txt', join(folder, 'current'))).toEqual({ document: 'the document' });
  });

  it('a file is refused when it is outside of the folder, by its name or by a link on the way', () => {
    write('outside/secret.txt', 'secret');
    symlinkSync('../outside/secret.txt', join(root, 'api.txt'));
    mkdirSync(join(root, '.hidden'));
    symlinkSync('../../outside', join(root, '.hidden/docs'));
    for (const named of ['api.txt', '.hidden/docs/secret.txt'])
      expect(() => documentIn(named)).toThrow(/one\.yaml: gateways\[0\] names .*, a link that leads outside of /);
    for (const named of ['..', '../outside/secret.txt', '/etc/hostname'])
      expect(() => documentIn(named)).toThrow(/names a file outside of /);
  });

  it('what is no file is refused when an entry names it, without waiting for what it says', () => {
    execFileSync('mkfifo', [join(root, 'api.txt')]);
    mkdirSync(join(root, 'folder'));
    for (const named of ['api.txt', 'folder']) expect(() => documentIn(named)).toThrow(/names .*, which is no file/);
  });
});
