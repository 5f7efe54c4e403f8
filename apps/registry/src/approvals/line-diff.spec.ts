import fc from 'fast-check';
import { expect, it } from 'vitest';
import { versionOf } from '../entries/ledger/version.js';
import { linesBetween } from './line-diff.js';

const version = (definition: object) => versionOf({ definition: JSON.stringify(definition), headerParams: [] });

it('a diff shows what was there, what is there and what stays when one line changes', () => {
  const diff = linesBetween(version({ a: 1, b: 'old', c: 3 }), version({ a: 1, b: 'n\u200bew', c: 3 }));
  expect(diff.map(({ sign, text }) => sign + text)).toEqual([
    ' {',
    '   "a": 1,',
    '-  "b": "old",',
    '+  "b": "n\\u{200b}ew",',
    '   "c": 3',
    ' }',
  ]);
});

it('a diff holds every line of both versions in their order whatever they are', () => {
  const lines = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd', 'e'), fc.integer({ min: 0, max: 2 }));
  fc.assert(
    fc.property(lines, lines, (before, after) => {
      const diff = linesBetween(version(before), version(after));
      const of = (sign: string) =>
        diff.filter((line) => line.sign === ' ' || line.sign === sign).map(({ text }) => text);
      expect(of('-')).toEqual(JSON.stringify(before, null, 2).split('\n'));
      expect(of('+')).toEqual(JSON.stringify(after, null, 2).split('\n'));
    }),
  );
});

it('a diff shows all of a tool as new when there was none, and ends after 2,000 lines', () => {
  const long = version({ list: Array.from({ length: 5_000 }, (_, index) => index) });
  const diff = linesBetween(null, long);
  expect([diff.length, new Set(diff.map(({ sign }) => sign))]).toEqual([2_000, new Set(['+'])]);
  expect(linesBetween(long, version({ list: [] })).length).toBe(2_000);
});
