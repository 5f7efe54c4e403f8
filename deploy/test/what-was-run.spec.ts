import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');
const read = (file: string): string => fs.readFileSync(path.join(root, file), 'utf8');
const page = read('docs/operations/what-was-run.md');
const rows = page
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) => {
    const [what = '', by = ''] = line.slice(2, -2).split(' | ');
    return { what: what.replaceAll('`', ''), by };
  });

/** Tests, and what operators have beside the files that ship. */
const OWN = /^deploy\/test\/|^docker\/(secrets\/|settings\.env$|\.env$)/;

describe('the page of what ships for operators', () => {
  it('the page of what ships for operators has a row for every file, and a file for every row', () => {
    const shipped = ['docker', 'deploy', 'load']
      .flatMap((folder) =>
        fs
          .readdirSync(path.join(root, folder), { recursive: true, withFileTypes: true })
          .filter((entry) => entry.isFile())
          .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name))),
      )
      .filter((file) => !OWN.test(file));
    const isOf = (what: string, file: string): boolean => (what.endsWith('/') ? file.startsWith(what) : file === what);
    expect(shipped.filter((file) => !rows.some(({ what }) => isOf(what, file)))).toEqual([]);
    expect(rows.filter(({ what }) => !shipped.some((file) => isOf(what, file)))).toEqual([]);
  });

  it('names tests that speak of what they are named for, commands that there are, or a run by hand', () => {
    const { scripts } = JSON.parse(read('package.json')) as { readonly scripts: Readonly<Record<string, string>> };
    for (const { what, by } of rows) {
      const tests = [...by.matchAll(/`([\w./-]+\.ts)`/g)].map(([, file = '']) => file);
      const commands = [...by.matchAll(/`npm run (\w+)`/g)].map(([, name = '']) => name);
      expect(tests.length + commands.length > 0 || by.includes('by hand'), what).toBe(true);
      for (const command of commands) expect(scripts, what).toHaveProperty([command]);
      const subject = path.basename(what);
      for (const test of tests) expect([what, test, read(test).includes(subject)]).toEqual([what, test, true]);
    }
  });
});
