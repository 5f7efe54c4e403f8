// The licences of the packages that a tarball contains.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packages, placeOf } from './lockfile.mjs';

/** The bundler names every file that it takes in. */
const TAKEN_IN = /^\/\/ node_modules\/\S+/gm;
const LICENCE_FILE = /^(?:licen[cs]e|copying|notice)(?:[.-].*)?$/i;
/** Where the packages lie that a bundled file consists of. */
export const placesIn = (text) => new Set([...text.matchAll(TAKEN_IN)].map(([line]) => placeOf(line.slice(3))));

/** A page with what packages at these places say of their licences. Throws where one says nothing. */
export const noticesOf = (root, places) => {
  const parts = [...places].sort().map((place) => {
    const { version, license } = packages[place] ?? {};
    const texts = textsIn(join(root, place));
    if (license === undefined && texts.length === 0) throw new Error(`${place} states no licence`);
    const name = place.slice(place.lastIndexOf('node_modules/') + 'node_modules/'.length);
    const stated = license === undefined ? [] : [`Licence: ${license}`];
    return [`## ${name} ${version}`, ...stated, ...texts.map((text) => text.replace(/^/gm, '    '))].join('\n\n');
  });
  return `# Third-party notices\n\nThis package contains the following ones.\n\n${parts.join('\n\n')}\n`;
};

const textsIn = (folder) =>
  readdirSync(folder)
    .filter((name) => LICENCE_FILE.test(name))
    .map((name) => readFileSync(join(folder, name), 'utf8').trim());
