import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../temporary-folder.js';

const root = resolve(import.meta.dirname, '../../../..');
const { crowdedFolders, FILES_PER_FOLDER_MAX } = (await import(join(root, 'scripts/crowded-folders.mjs'))) as {
  crowdedFolders: (root: string) => readonly { readonly folder: string; readonly files: number }[];
  FILES_PER_FOLDER_MAX: number;
};

describe('the rule for how many files a folder holds', () => {
  const tree = temporaryFolder('rooms');
  afterAll(() => rmSync(tree, { recursive: true, force: true }));

  const plant = (folder: string, names: readonly string[]): void => {
    mkdirSync(join(tree, folder), { recursive: true });
    for (const name of names) writeFileSync(join(tree, folder, name), '');
  };
  const files = (count: number, ending = '.ts'): string[] =>
    Array.from({ length: count }, (_, index) => `file-${index}${ending}`);

  it('a folder with more source files than it may hold is named, at any depth, in apps and libraries', () => {
    plant('apps/house/src/hall', files(FILES_PER_FOLDER_MAX + 1));
    plant('libs/pipes/src', files(FILES_PER_FOLDER_MAX + 2));
    plant('libs/wires/src/deep/er', files(FILES_PER_FOLDER_MAX));
    plant('libs/wires/src/deep/er', files(3, '.spec.ts'));
    plant('apps/house/src/storage/migrations', files(FILES_PER_FOLDER_MAX + 1));
    plant('apps/house/test', files(FILES_PER_FOLDER_MAX + 1));
    expect(crowdedFolders(tree)).toEqual([
      { folder: 'apps/house/src/hall', files: FILES_PER_FOLDER_MAX + 1 },
      { folder: 'libs/pipes/src', files: FILES_PER_FOLDER_MAX + 2 },
    ]);
  });

  it('no folder of this project holds more source files than it may', () => {
    expect(crowdedFolders(root)).toEqual([]);
  });
});
