import { expect, it } from 'vitest';
import { agoOf, durationMs } from './duration.js';
import { factsOf, tableOf } from './table.js';

it('a table has columns as wide as they need, and ends where the screen does', () => {
  const rows = [
    { name: 'a', words: 'short' },
    { name: 'longer', words: 'this one is too long for the screen' },
  ];
  const columns = [
    ['name', ({ name }: (typeof rows)[0]) => name],
    ['words', ({ words }: (typeof rows)[0]) => words],
  ] as const;
  expect(tableOf(rows, columns, 20)).toBe('NAME    WORDS\na       short\nlonger  this one is…');
});

it('a table and facts move no cursor when a name holds control characters', () => {
  expect(tableOf([{ name: 'a\u001b[2Jb' }], [['name', ({ name }) => name]])).toBe('NAME\na\ufffd[2Jb');
  expect(factsOf({ name: 'a\nb', none: null })).toBe('name  a\ufffdb');
});

it('a duration is read and told in whole units', () => {
  expect([durationMs('90s'), durationMs('2w')]).toEqual([90_000, 1_209_600_000]);
  for (const text of ['', '5', 's', '0m', '1y', '-1d']) expect(() => durationMs(text)).toThrow(/is not a duration/);
  expect(agoOf('2026-11-29T10:00:00.000Z', Date.parse('2026-11-29T12:59:00.000Z'))).toBe('2 h');
  expect(agoOf(null)).toBe('–');
});
