import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { temporaryFolder } from '#libs/testing';
import { readWanted } from './read-folder.js';

let folder: string;
beforeEach(() => {
  folder = temporaryFolder('read-folder');
});
afterEach(() => rmSync(folder, { recursive: true }));

const write = (path: string, text: string): void => {
  mkdirSync(join(folder, path, '..'), { recursive: true });
  writeFileSync(join(folder, path), text);
};
const names = (env: Record<string, string> = {}): string[] => readWanted(folder, env).map(({ name }) => name);

describe('the files of apply', () => {
  it('a mounted ConfigMap is read once when its files are links into its hidden folder', () => {
    write('..2026_11_30/a.yaml', 'prompts: [{ name: a, template: x }]');
    symlinkSync('..2026_11_30', join(folder, '..data'));
    symlinkSync('..data/a.yaml', join(folder, 'a.yaml'));
    expect(names()).toEqual(['a']);
  });

  it('a link is refused when it leads to nothing or to a folder', () => {
    write('a.yaml', 'prompts: [{ name: a, template: x }]');
    symlinkSync('nowhere.yaml', join(folder, 'b.yaml'));
    expect(() => names()).toThrow(/b\.yaml is a link to what cannot be read \(ENOENT\)/);
    rmSync(join(folder, 'b.yaml'));
    write('.hidden/c.yaml', 'prompts: [{ name: c, template: x }]');
    symlinkSync('.hidden', join(folder, 'linked'));
    expect(() => names()).toThrow(/linked is a link to a folder/);
  });

  it('tags of apply count for nothing when a file has them', () => {
    write('a.yaml', 'prompts: [{ name: a, template: x, tags: [mine, "apply:default", "${ENV:TAG}"] }]');
    expect(readWanted(folder, { TAG: 'apply:other' })[0]?.entry['tags']).toEqual(['mine']);
  });

  it('what stands twice is told by its places when its name is from the environment', () => {
    write('a.yaml', 'prompts: [{ name: "${ENV:NAME}", template: x }, { name: secret-name, template: y }]');
    expect(() => names({ NAME: 'secret-name' })).toThrow(/a\.yaml: prompts\[1\] stands twice, already as prompts\[0\]/);
    expect(() => names({ NAME: 'secret-name' })).not.toThrow(/secret-name/);
  });

  it('two resources are two when they share a name, and a prompt goes by its custom name', () => {
    write(
      'a.json',
      '{"resources":[{"name":"n","uri":"doc://1"},{"name":"n","uri":"doc://2"}],"prompts":[{"name":"p","custom_name":"q"}]}',
    );
    expect(names()).toEqual(['q', 'doc://1', 'doc://2']);
  });
});
