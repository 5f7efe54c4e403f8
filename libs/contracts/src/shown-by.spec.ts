import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../../..');

/** The rows of the table below a heading. */
const rowsBelow = (page: string, heading: string): string[][] => {
  const text = readFileSync(resolve(root, page), 'utf8');
  const [, below = ''] = text.split(`\n## ${heading}\n`);
  return (below.split('\n## ')[0] ?? '')
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .slice(1)
    .map((line) => line.split(' | ').map((cell) => cell.replaceAll(/^\| | \|$/g, '')));
};

/** Titles as they stand in their files, between quotation marks. */
const checkTests = (shownBy: string): void => {
  const tests = [...shownBy.matchAll(/\[[^\]]+\]\((?:\.\.\/)+([^)]+)\): (.+?)(?=<br>|$)/g)];
  expect(tests.length).toBeGreaterThan(0);
  expect(tests.length).toBe(shownBy.split('<br>').length);
  for (const [, file = '', title = ''] of tests) {
    const source = readFileSync(resolve(root, file), 'utf8');
    expect(
      [`'${title}',`, `"${title}",`, `\`${title}\`,`].some((quoted) => source.includes(quoted)),
      title,
    ).toBe(true);
  }
};

describe('failure-modes.md', () => {
  const rows = rowsBelow('docs/operations/failure-modes.md', 'What survives what');

  it('failure-modes.md says of each failure what happens', () => {
    expect(rows.length).toBeGreaterThan(10);
  });

  it.each(rows)(
    'what failure-modes.md says when %s is away is shown by tests that exist',
    (_killed, _then, shownBy = '') => {
      checkTests(shownBy);
    },
  );
});

describe('what is seen of failures', () => {
  const rows = rowsBelow('docs/operations/failure-modes.md', 'What you see');

  it('failure-modes.md says of each failure that is seen what it means and where to look', () => {
    expect(rows.length).toBeGreaterThan(30);
    for (const row of rows) expect(row).toHaveLength(4);
  });

  it.each(rows)(
    'what failure-modes.md says of "%s" is shown by tests that exist',
    (_seen, _means, _lookAt, shownBy = '') => {
      checkTests(shownBy);
    },
  );
});

describe('security.md', () => {
  const rows = rowsBelow('docs/security.md', 'What was found once, and the tests that would find it again');

  it('security.md has each finding of the review once', () => {
    const findings = [
      ...Array.from({ length: 6 }, (_, n) => `H${n + 1}`),
      ...Array.from({ length: 10 }, (_, n) => `M${n + 1}`),
    ];
    expect(rows.map(([found = '']) => found.split(':')[0])).toEqual(findings);
  });

  it.each(rows)('the finding "%s" has tests that exist', (_found, shownBy = '') => {
    checkTests(shownBy);
  });
});

describe('what parties to OAuth do', () => {
  const rows = rowsBelow('docs/security.md', 'What parties to OAuth do, and the tests of it');

  it('security.md says of each oddity of OAuth what the gateway makes of it, at either side', () => {
    expect(rows.length).toBeGreaterThan(25);
    for (const row of rows) expect(row).toHaveLength(4);
  });

  it.each(rows)(
    'what security.md says of "%s" is shown by tests that exist',
    (_what, _client, _upstream, shownBy = '') => {
      checkTests(shownBy);
    },
  );
});

describe('adapters.md', () => {
  const kinds: [heading: string, letter: string, count: number][] = [
    ['HTTP APIs', 'O', 25],
    ['gRPC servers', 'R', 10],
    ['A2A agents', 'A', 10],
  ];

  it.each(kinds)('adapters.md has each rule of %s once', (heading, letter, count) => {
    const rules = rowsBelow('docs/reference/adapters.md', heading).map(([rule]) => rule);
    expect(rules).toEqual(Array.from({ length: count }, (_, n) => `${letter}${n + 1}`));
  });

  it.each(kinds.flatMap(([heading]) => rowsBelow('docs/reference/adapters.md', heading)))(
    'the rule %s of adapters.md is shown by tests that exist',
    (_rule, _what, shownBy = '') => {
      checkTests(shownBy);
    },
  );
});
