// `npm run site`: docs/ as a site with a search of its own, into dist/site. Nothing of it is loaded from elsewhere. A link
// that leads nowhere fails it. SITE_SOURCE_URL leads what is in the repository alone to where that is read, and SITE_BASE
// is the path below which the site stands.
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vitepress';
import { writePages } from './site/pages.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const source = join(root, 'dist/site-source');
const { SITE_SOURCE_URL: sourceUrl, SITE_BASE: base = '/' } = process.env;

const pages = writePages({ root, source, ...(sourceUrl && { sourceUrl: sourceUrl.replace(/\/$/, '') }) });
const settings = join(source, '.vitepress');
mkdirSync(settings, { recursive: true });
writeFileSync(join(settings, 'pages.json'), JSON.stringify(pages));
copyFileSync(join(root, 'scripts/site/config.mjs'), join(settings, 'config.mjs'));
try {
  await build(source, { base });
} finally {
  for (const folder of ['site-source', 'site-cache'])
    rmSync(join(root, 'dist', folder), { recursive: true, force: true });
}
