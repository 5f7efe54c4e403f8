// After the compiler: puts each program together with the packages that it uses, so that Node opens some hundred files
// at a start instead of four thousand. See docs/adr/0030. Does nothing where nothing is newer.
import { existsSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { closureOf, isForAll, nearest, packageOf, packages, placeOf } from './lockfile.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const compiled = (file) => join(root, 'dist', file);
const folder = compiled('bin');
const lockFile = join(root, 'package-lock.json');
const stamp = join(folder, '.bundled');

const PROGRAMS = ['switchyard', 'auth', 'registry', 'metrics', 'tool-invocation', 'ingress'];
/** What runs in a thread, beside whatever starts it: all of a bundle lies in one folder. */
const THREADS = { 'filter-thread': 'libs/jq/src/filter-thread.js' };

/** These stay packages of their own: native parts, threads and files found beside themselves, or by name while they run. */
const STAYS = [
  '@grpc/grpc-js',
  'class-transformer',
  'class-validator',
  'ioredis',
  'jq-web',
  'msgpackr',
  'pg',
  'pino',
  'reflect-metadata',
  'swagger-ui-dist',
  'typeorm',
  'ws',
];

/** Of these a second copy would not know what the first has been told, so nobody outside may ask for them. */
const ONE_ONLY = ['@nestjs/common', '@nestjs/core', '@opentelemetry/api', 'rxjs'];

const newestOf = (at) =>
  readdirSync(at, { recursive: true })
    .filter((file) => file.endsWith('.js'))
    .reduce((newest, file) => Math.max(newest, statSync(join(at, file)).mtimeMs), 0);

const isPackage = (id) => /^[@a-z]/i.test(id) && !id.startsWith('#');
/** Which package is meant depends on who asks: beside another one may lie its own version of a package that is for tests here. */
const staysOutside = (id, importer) => {
  if (!isPackage(id)) return false;
  const place = nearest(packageOf(id), placeOf(relative(root, importer ?? '')));
  return STAYS.includes(packageOf(id)) || place === undefined || !isForAll(place);
};

/** Packages that stay outside, and would bring a second copy of one of these. */
const strangers = () =>
  [...closureOf(STAYS)].filter((place) => {
    const { dependencies, peerDependencies } = packages[place];
    return ONE_ONLY.some((one) => one in { ...dependencies, ...peerDependencies });
  });

const newestMs = Math.max(
  newestOf(compiled('apps')),
  newestOf(compiled('libs')),
  ...[import.meta.filename, lockFile].map((file) => statSync(file).mtimeMs),
);
if (existsSync(stamp) && statSync(stamp).mtimeMs > newestMs) process.exit();

const outside = strangers();
if (outside.length > 0)
  throw new Error(`take in what asks for them, for there is to be one of ${ONE_ONLY.join(', ')}: ${outside}`);

const input = {
  ...Object.fromEntries(PROGRAMS.map((name) => [name, compiled(`apps/${name}/src/main.js`)])),
  ...Object.fromEntries(Object.entries(THREADS).map(([name, file]) => [name, compiled(file)])),
};
const build = await rolldown({
  input,
  cwd: root,
  platform: 'node',
  external: staysOutside,
  // Its other form asks for its parts by what it is given.
  resolve: { alias: { 'jsonc-parser': join(root, 'node_modules/jsonc-parser/lib/esm/main.js') } },
  logLevel: 'silent',
});
const { output } = await build.write({
  dir: folder,
  format: 'esm',
  keepNames: true,
  chunkFileNames: '[name]-[hash].js',
  // First of all, as decorators use it.
  banner: "import 'reflect-metadata';",
});
await build.close();

// What runs may still load what it has not needed yet, so the bundle before stays.
const before = existsSync(stamp) ? readFileSync(stamp, 'utf8').split('\n') : [];
const written = output.map(({ fileName }) => fileName);
const kept = new Set([...before, ...written, '.bundled']);
for (const file of readdirSync(folder)) if (!kept.has(file)) rmSync(join(folder, file));
writeFileSync(stamp, written.join('\n'));
