import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MANIFEST = 'package.json';

/** The gateway's version, from the manifest above this file, whether it runs from `dist` or from source. */
const readVersion = (): string => {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    try {
      const manifest = JSON.parse(readFileSync(join(folder, MANIFEST), 'utf8')) as { name?: string; version?: string };
      if (manifest.name === 'switchyard') return manifest.version ?? 'unknown';
    } catch {
      // Not here: look further up.
    }
    if (folder === dirname(folder)) return 'unknown';
  }
};

/** The version of the gateway; `unknown` where its manifest is not found. */
export const VERSION = readVersion();
