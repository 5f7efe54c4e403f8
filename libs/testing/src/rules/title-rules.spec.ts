import { globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../../../..');

/** With which a title begins that leaves its subject to the `describe` around it; none is a subject of ours. */
const VERBS =
  'is|has|does|can|refuses|gives|writes|counts|tells|leaves|costs|admits|says|takes|lets|makes|keeps|removes|asks|starts|' +
  'stops|registers|compares|draws|checks|waits|brings|builds|dismisses|fits|cuts|opens|shows|finds|returns|rejects|throws|' +
  'should|must|will';

/** The titles of a spec that say nothing of what is tested: `<subject> <does> when <condition>` begins with a subject. */
const titlesWithoutSubject = (source: string): string[] => {
  const tests = new RegExp(
    String.raw`^\s*(?:it|test)(?:\.[a-zA-Z]+(?:<[^;]*?>)?(?:\([^\n]*?\))?)*\s*\(\s*\n?\s*['"\x60]((?:${VERBS}),? [^\n]*)`,
    'gm',
  );
  return [...source.matchAll(tests)].map(([, title = '']) => title);
};

describe('the rule for titles of tests', () => {
  it('a title is found when it begins with its verb, however the test is written', () => {
    // In parts, so that they are no titles of this file.
    const sins = [`it('is right when asked', () => {});`, `  it.each([1, 2])(\n    'refuses %i',\n    () => {});`];
    for (const sin of sins) expect(titlesWithoutSubject(sin)).toHaveLength(1);
    expect(titlesWithoutSubject(`it('holds denies a stranger', () => {});`)).toEqual([]);
  });

  it('each title of the project has its subject, so that it can be read alone', () => {
    const files = globSync('{apps,libs,deploy,bench,parties}/**/*.spec.ts', {
      cwd: root,
      exclude: ['**/node_modules/**'],
    });
    expect(files.length).toBeGreaterThan(300);
    const found = files.flatMap((file) =>
      titlesWithoutSubject(readFileSync(join(root, file), 'utf8')).map((title) => `${file}: ${title}`),
    );
    expect(found).toEqual([]);
  });
});
