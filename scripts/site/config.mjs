// How the site looks: the folders of docs/ are its parts.
import { readFileSync } from 'node:fs';
import { defineConfig } from 'vitepress';

const PARTS = [
  ['guides', 'Guides'],
  ['operations', 'Operating it'],
  ['reference', 'Reference'],
  ['protocol', 'Protocol'],
  ['adr', 'Decisions'],
];
const START = ['tutorial', 'install', 'architecture', 'glossary', 'security', 'compatibility'];
const PROJECT = ['benchmarks', 'testing', 'contributing', 'reporting', 'changelog'];

const pages = JSON.parse(readFileSync(new URL('pages.json', import.meta.url), 'utf8'));
const linkOf = ({ place }) => `/${place.replace(/(^|\/)index\.md$/, '$1').replace(/\.md$/, '')}`;
const entryOf = (page) => ({ text: page.title, link: linkOf(page) });
const named = (names) =>
  names.flatMap((name) => pages.filter(({ place }) => place === `${name}.md`)).map((page) => entryOf(page));
const below = (folder) => pages.filter(({ place }) => place.startsWith(`${folder}/`)).map((page) => entryOf(page));

const anchorOf = (title) =>
  title
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');

export default defineConfig({
  title: 'Switchyard',
  description: 'An MCP gateway: one URL for many MCP servers, in both protocol eras.',
  lang: 'en',
  cacheDir: '../site-cache',
  outDir: '../site',
  lastUpdated: false,
  metaChunk: true,
  // As GitHub names headings, by which the docs' links go.
  markdown: { anchor: { slugify: anchorOf } },
  vite: { publicDir: 'public', logLevel: 'warn', build: { chunkSizeWarningLimit: 4_096 } },
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    nav: [
      { text: 'Tutorial', link: '/tutorial' },
      { text: 'Install', link: '/install' },
      { text: 'Console', link: '/guides/console' },
      { text: 'Reference', link: '/reference/commands' },
    ],
    sidebar: [
      { text: 'Start', items: named(START) },
      ...PARTS.map(([folder, text]) => ({ text, collapsed: folder === 'adr', items: below(folder) })),
      { text: 'Project', items: named(PROJECT) },
    ],
  },
});
