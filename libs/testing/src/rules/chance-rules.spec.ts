import { globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { flipped } from '../flipped.js';

const root = resolve(import.meta.dirname, '../../../..');

/** Letters put before or after a piece of something: where that is random, the piece that was cut off may have had them. */
const WRITTEN_OVER = /\.slice\((?:0, )?-\d+\)\}\w+[`/]|[`/]\w+\$\{[^}]*\.slice\(1\)\}`/;

it.each(['`${token.slice(0, -2)}AA`', '`x${sealed.slice(1)}`', '`${(await sign()).slice(0, -6)}AAAAAA`'])(
  'a forgery that may be what it forges is found when it is written as %s',
  (sin) => {
    expect(sin).toMatch(WRITTEN_OVER);
  },
);

it('no test of this project forges something that it may have been already', () => {
  const files = globSync('{apps,libs,deploy,bench,parties}/**/*.spec.ts', {
    cwd: root,
    exclude: ['**/node_modules/**', 'libs/testing/src/rules/chance-rules.spec.ts'],
  });
  expect(files.length).toBeGreaterThan(300);
  const sinners = files.filter((file) => WRITTEN_OVER.test(readFileSync(join(root, file), 'utf8')));
  expect(sinners, 'flipped() of libs/testing gives another text each time').toEqual([]);
});

it.each(['AAAAAAAA', 'BBBBBBBB', 'a.b-c_d='])('flipped changes one letter, always, when the text is %s', (text) => {
  const forged = flipped(text);
  expect(forged.split('').filter((letter, at) => letter !== text[at])).toHaveLength(1);
  expect(forged).toHaveLength(text.length);
});
