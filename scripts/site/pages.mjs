// The pages of the site: those of docs/, and what stands beside the README, with their links as they are there.
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, posix, relative } from 'node:path';
import { drawn } from './diagrams.mjs';

/** Pages that stand in the root of the repository, by their address in the site. */
const BESIDE = { 'CHANGELOG.md': 'changelog.md', 'CONTRIBUTING.md': 'contributing.md', 'SECURITY.md': 'reporting.md' };
const LINK = /(!?)\[((?:[^[\]]|\[[^\]]*\])*)\]\((?!https?:|mailto:|#)([^)\s#]+)(#[^)\s]+)?\)/g;

const filesBelow = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .sort();

/** By its path in the repository, where a page or a file of the docs stands in the site. */
const placesOf = (root) =>
  new Map([
    ...filesBelow(join(root, 'docs')).map((file) => [`docs/${file}`, file.replace(/(^|\/)README\.md$/, '$1index.md')]),
    ...Object.entries(BESIDE),
  ]);

/** Pages are templates of Vue there: what looks like an element or an expression of one, outside code, is text. */
const asWritten = (text) =>
  text
    .split(/(`[^`\n]*`)/)
    .map((part, at) =>
      at % 2 === 1 ? part : part.replaceAll(/<(?!br>|https?:|mailto:)/g, '&lt;').replaceAll('{{', '&#123;&#123;'),
    )
    .join('');

/**
 * With its links led to where they are in the site. What is in the repository alone is told as a text, or led to `sourceUrl`.
 */
const relinked = (text, path, places, sourceUrl) => {
  const here = places.get(path);
  const lead = (whole, mark, words, target, anchor = '') => {
    const goal = posix.normalize(posix.join(posix.dirname(path), target));
    const place = places.get(goal) ?? places.get(`${goal.replace(/\/$/, '')}/README.md`);
    if (place !== undefined) {
      const way = posix.relative(posix.dirname(here), place);
      return `${mark}[${words}](${way.startsWith('.') ? way : `./${way}`}${anchor})`;
    }
    return sourceUrl === undefined ? words : `[${words}](${sourceUrl}/${goal}${anchor})`;
  };
  // Fenced blocks stay as they are.
  return text
    .split(/(^```[\s\S]*?^```$)/m)
    .map((part, at) =>
      at % 2 === 1 ? part : asWritten(part.replaceAll(/<!--[\s\S]*?-->\n?/g, '').replaceAll(LINK, lead)),
    )
    .join('');
};

const titleOf = (text, path) => {
  const [, title = path] = /^# (.+)$/m.exec(text) ?? [];
  return title.replaceAll('`', '');
};

/** Writes them below `source`; resolves with the pages of each folder, by title. */
export const writePages = ({ root, source, sourceUrl }) => {
  rmSync(source, { recursive: true, force: true });
  const places = placesOf(root);
  const pages = [];
  for (const [path, place] of places) {
    const isPage = place.endsWith('.md');
    const target = join(source, isPage ? place : join('public', place));
    mkdirSync(dirname(target), { recursive: true });
    if (!isPage) {
      cpSync(join(root, path), target);
      // Pictures are looked for beside the page, too.
      if (/\.(svg|png)$/.test(place)) {
        mkdirSync(dirname(join(source, place)), { recursive: true });
        cpSync(join(root, path), join(source, place));
      }
      continue;
    }
    const text = readFileSync(join(root, path), 'utf8');
    const { page, diagrams } = drawn(relinked(text, path, places, sourceUrl), posix.basename(place, '.md'));
    writeFileSync(target, page);
    for (const [name, svg] of diagrams) writeFileSync(join(dirname(target), name), svg);
    pages.push({ place, title: titleOf(text, place) });
  }
  if (!existsSync(join(source, 'index.md'))) throw new Error('the site has no first page');
  return pages;
};
