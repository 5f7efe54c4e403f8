// Put before a program by `--import`: writes the packages that it has loaded to `LOADED_PACKAGES` when it ends, by themselves
// or as a part of a bundled file.
import { readFileSync, writeFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';

const packages = new Set();
const PACKAGE = /(?:.*\/)?node_modules\/((?:@[^/]+\/)?[^/]+)/;
const TAKEN_IN = /^\/\/ node_modules\/\S+/gm;

registerHooks({
  load(url, context, next) {
    const name = PACKAGE.exec(url)?.[1];
    if (name !== undefined) packages.add(name);
    else if (/^file:.*\/dist\/bin\//.test(url))
      for (const [line] of readFileSync(fileURLToPath(url), 'utf8').matchAll(TAKEN_IN))
        packages.add(PACKAGE.exec(line)[1]);
    return next(url, context);
  },
});
process.on('exit', () => writeFileSync(process.env.LOADED_PACKAGES, [...packages].sort().join('\n')));
