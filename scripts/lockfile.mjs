// What package-lock.json says of the packages that are installed.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const file = fileURLToPath(new URL('../package-lock.json', import.meta.url));

/** By the place where it lies, `node_modules/a/node_modules/@b/c`: what is known of a package. */
export const { packages } = JSON.parse(readFileSync(file, 'utf8'));

/** `a` or `@b/c`, of whatever is imported from it. */
export const packageOf = (id) => id.split('/', id.startsWith('@') ? 2 : 1).join('/');

/** The place of the package that a file below the root is a part of; empty for one of ours. */
export const placeOf = (path) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? '';

/** Whether everybody who installs us has it: not for tests and builds alone, and not by choice. */
export const isForAll = (place) => {
  const { dev, optional, devOptional } = packages[place] ?? { dev: true };
  return !dev && !optional && !devOptional;
};

/** The places of packages and of all that they depend on, found as Node finds them. */
export const closureOf = (names) => {
  const found = new Set();
  const take = (name, from) => {
    const place = nearest(name, from);
    if (place === undefined || found.has(place)) return;
    found.add(place);
    for (const other of Object.keys(packages[place].dependencies ?? {})) take(other, place);
  };
  for (const name of names) take(name, '');
  return found;
};

/** The place of the package that is meant by its name at another place; `undefined` where there is none. */
export const nearest = (name, from) => {
  for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf('/node_modules/')))) {
    const place = `${at === '' ? '' : `${at}/`}node_modules/${name}`;
    if (packages[place] !== undefined) return place;
    if (at === '') return undefined;
  }
};
