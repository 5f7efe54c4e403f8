import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const reference = path.resolve(import.meta.dirname, '../../docs/reference');
const rowsOf = (page: string): string[][] =>
  fs
    .readFileSync(path.join(reference, page), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.split('|').map((cell) => cell.trim().replaceAll('`', '')));

/** Generated from the code; `npm run docs:check` sees to it that it is not stale. */
const ours = new Set(rowsOf('settings.md').map(([, name]) => name));
const theirs = rowsOf('contextforge-settings.md').map(([, name = '', state = '', here = '']) => ({
  name,
  state,
  here,
}));

describe('the page of settings that ContextForge has', () => {
  it("the page of ContextForge's settings has each name once, with one of three states and something said of it", () => {
    expect(theirs.length).toBeGreaterThan(100);
    expect(new Set(theirs.map(({ name }) => name)).size).toBe(theirs.length);
    for (const { name, state, here } of theirs) {
      expect(['works', 'other', 'unread'], name).toContain(state);
      expect(here, name).not.toBe('');
    }
  });

  it("the page of ContextForge's settings calls working what is read, and unread what is not", () => {
    expect(theirs.filter(({ name, state }) => (state === 'unread') === ours.has(name))).toEqual([]);
  });

  it("the page of ContextForge's settings sends nobody to a setting that does not exist", () => {
    const pages = fs.readFileSync(path.join(reference, 'contextforge-settings.md'), 'utf8').split('\n');
    const known = new Set([...ours, ...theirs.map(({ name }) => name)]);
    const named = pages.flatMap((line) =>
      [...line.matchAll(/`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)`/g)].map(([, name]) => name),
    );
    expect(named.filter((name) => !known.has(name))).toEqual([]);
  });
});
