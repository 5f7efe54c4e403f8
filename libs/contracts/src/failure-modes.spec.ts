import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../../..');
const page = readFileSync(resolve(root, 'docs/operations/failure-modes.md'), 'utf8');
const rows = page
  .slice(page.indexOf('## What survives what'))
  .split('\n')
  .filter((line) => line.startsWith('| '))
  .slice(1)
  .map((line) => line.split(' | ').map((cell) => cell.replaceAll(/^\| | \|$/g, '')));

it('failure-modes.md says of each failure what happens', () => {
  expect(rows.length).toBeGreaterThan(10);
});

it.each(rows)(
  'what failure-modes.md says when %s is away is shown by tests that exist',
  (_killed, _then, shownBy = '') => {
    const tests = [...shownBy.matchAll(/\[[^\]]+\]\(\.\.\/\.\.\/([^)]+)\): (.+?)(?=<br>|$)/g)];
    expect(tests.length).toBeGreaterThan(0);
    for (const [, file = '', title = ''] of tests)
      expect(readFileSync(resolve(root, file), 'utf8'), file).toContain(title);
  },
);
