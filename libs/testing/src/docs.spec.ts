import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../../..');
const pages = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'], {
  cwd: root,
  encoding: 'utf8',
})
  .trim()
  .split('\n')
  .filter((page) => existsSync(join(root, page)));

const LINK =
  /(?:\]\(|<(?:img|a)\b[^>]*?\b(?:src|href)="|^\[[^\]]+\]: +)(?!https?:|mailto:|data:)([^)"#\s]*)(?:#([^)"\s]+))?/gm;
/** Where the first page of the site leads. */
const SITE_LINK = /^ +link: \/(\S*)$/gm;

/** What is read as Markdown: code is not. */
const proseOf = (text: string): string =>
  text.replaceAll(/^ *(`{3,})[^]*?^ *\1/gm, '').replaceAll(/`[^`\n]*`/g, 'code');

/** As a page's headings are named in links: https://docs.github.com/en/get-started/writing-on-github */
const anchorsOf = (text: string): Set<string> => {
  const anchors = new Set<string>();
  for (const [, title = ''] of text.replaceAll(/^ *(`{3,})[^]*?^ *\1/gm, '').matchAll(/^#+ (.+)$/gm)) {
    const name = title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-');
    let anchor = name;
    // A second heading of the same words has a number.
    for (let times = 1; anchors.has(anchor); times++) anchor = `${name}-${times}`;
    anchors.add(anchor);
  }
  return anchors;
};

const brokenIn = (page: string, text: string): string[] => {
  const links = [...proseOf(text).matchAll(LINK)].filter(([, path = '', anchor]) => {
    if (path === '') return anchor !== undefined && !anchorsOf(text).has(anchor);
    const target = resolve(root, dirname(page), decodeURIComponent(path));
    if (!existsSync(target)) return true;
    return anchor !== undefined && !anchorsOf(readFileSync(target, 'utf8')).has(anchor);
  });
  const ofSite = [...text.matchAll(SITE_LINK)].filter(([, path]) => !existsSync(join(root, 'docs', `${path}.md`)));
  return [...links, ...ofSite].map(([link]) => link.trim());
};

it.each(pages)('%s links to nothing that is not there', (page) => {
  expect(brokenIn(page, readFileSync(join(root, page), 'utf8'))).toEqual([]);
});

it('the check of links finds each kind that leads nowhere when one is planted, and none in code', () => {
  const text = [
    '# One\n# One\n[a](gone.md) [b](tutorial.md#gone) ![c](gone.png) <img src="gone.svg"> [d](#one-2)',
    '[e]: gone-too.md',
    '  link: /gone',
    '`[f](gone.md)`\n```sh\n# code\n[g](gone.md)\n```\n[h](#code)',
    '[i](tutorial.md#start) [j](#one-1) [k](https://example.com/gone)',
  ].join('\n');
  expect(brokenIn('docs/planted.md', text)).toEqual([
    '](gone.md',
    '](tutorial.md#gone',
    '](gone.png',
    '<img src="gone.svg',
    '](#one-2',
    '[e]: gone-too.md',
    '](#code',
    'link: /gone',
  ]);
});
