import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const textOf = (path: string): string => readFileSync(`${root}${path}`, 'utf8');

/** The left column of the glossary's second table: words in code type, none of which is to be met elsewhere. */
const unusedWords = (glossary: string): string[] => {
  const table = glossary.slice(glossary.indexOf('\n| Not | But |'));
  return table
    .split('\n')
    .flatMap((line) => (line.startsWith('| `') ? [...(line.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)] : []))
    .map(([, word = '']) => word);
};

const wordsIn = (text: string, words: readonly string[]): string[] =>
  words.filter((word) => new RegExp(`(?<![\\w$])${word}(?![\\w$])`).test(text));

/** Decisions and the changelog tell of the past; the admin interface is a package of its own. */
const EXCEPT = [/^docs\/adr\//, /^docs\/glossary\.md$/, /\/node_modules\//, /admin-ui\//, /\/dist\//];

const pages = ['apps', 'libs', 'docs', 'bench', 'scripts']
  .flatMap((folder) => globSync(`${folder}/**/*.{ts,mjs,md}`, { cwd: root }))
  .concat('README.md', 'CONTRIBUTING.md')
  .filter((path) => !EXCEPT.some((exception) => exception.test(path)));

describe('the glossary', () => {
  const words = unusedWords(textOf('docs/glossary.md'));

  it('the glossary names words that are not used when its second table is read', () => {
    expect(words.length).toBeGreaterThan(30);
    const word = words[0] as string;
    expect(wordsIn(`await ${word}(bus)`, words)).toEqual([word]);
    expect(wordsIn(`${word}s, a${word}`, words)).toEqual([]);
  });

  it('the glossary is kept to when code and pages are searched for them', () => {
    expect(pages.length).toBeGreaterThan(700);
    const found = pages.flatMap((path) => wordsIn(textOf(path), words).map((word) => `${path}: ${word}`));
    expect(found).toEqual([]);
  });

  it('the glossary explains each word once when its first table is read', () => {
    const glossary = textOf('docs/glossary.md');
    const explained = [...glossary.matchAll(/^\| \*\*(.+?)\*\*/gm)].map(([, word = '']) => word);
    expect(explained).toEqual(
      [...new Set(explained)].sort((one, other) => one.toLowerCase().localeCompare(other.toLowerCase())),
    );
  });
});
