// `npm run pack`: makes switchyard-VERSION.tgz, what `npm install` takes: the bundled programs and the console, and as
// dependencies those packages alone that the programs still ask for. Needs a build.
import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (file) => readFileSync(join(root, file), 'utf8');
const manifest = JSON.parse(read('package.json'));
const { packages } = JSON.parse(read('package-lock.json'));

/** What the bundle consists of; files of a bundle before may lie beside it. */
const programs = read('dist/bin/.bundled')
  .split('\n')
  .filter((file) => file !== '');

const IMPORTED =
  /(?:^|[;}\s])(?:import|export)\s*(?:[\w*{}\s,$]+from\s*)?["']([^"'\s]+)["']|\bimport\(\s*["']([^"'\s]+)["']\s*\)/g;
/** `createRequire(…).resolve("…")` and the like, by which a program finds a package without loading it. */
const FOUND_BY_NAME = /\b(?:\w*[rR]equire(?:\$\d+)?(?:\.resolve)?|resolve)\(\s*["']([@a-z][^"'\s]*)["']\s*\)/g;

const packageOf = (id) => (id.startsWith('@') ? id.split('/').slice(0, 2) : id.split('/').slice(0, 1)).join('/');

/** The bundler names every file that it takes in. */
const TAKEN_IN = /^\/\/ *(?:#region )?node_modules\/((?:@[^/\n]+\/)?[^/\n]+)\//gm;

const askedFor = () => {
  const found = new Set();
  const inside = new Set();
  for (const file of programs) {
    const text = read(`dist/bin/${file}`);
    for (const [, taken] of text.matchAll(TAKEN_IN)) inside.add(taken);
    for (const pattern of [IMPORTED, FOUND_BY_NAME])
      for (const [, one, other] of text.matchAll(pattern)) {
        const id = one ?? other;
        if (/^[@a-z]/i.test(id) && !id.startsWith('node:') && !builtinModules.includes(id)) found.add(packageOf(id));
      }
  }
  return [...found].filter((id) => !inside.has(id)).sort();
};

/** Of packages that are taken in, too: those that nothing here depends on are asked for in vain, where they happen to be. */
const dependencies = Object.fromEntries(
  askedFor().flatMap((name) => {
    const installed = packages[`node_modules/${name}`];
    return installed === undefined || installed.dev || installed.optional ? [] : [[name, installed.version]];
  }),
);

const { name, version, description, license, type, engines, optionalDependencies } = manifest;
const staged = mkdtempSync(join(tmpdir(), 'switchyard-pack-'));
try {
  mkdirSync(join(staged, 'dist/bin'), { recursive: true });
  mkdirSync(join(staged, 'scripts'));
  for (const file of programs) copyFileSync(join(root, 'dist/bin', file), join(staged, 'dist/bin', file));
  cpSync(join(root, 'dist/admin-ui'), join(staged, 'dist/admin-ui'), { recursive: true });
  for (const file of ['scripts/start.mjs', 'README.md', 'CHANGELOG.md', 'LICENSE'])
    copyFileSync(join(root, file), join(staged, file));
  const packed = {
    name,
    version,
    description,
    license,
    type,
    engines,
    bin: { switchyard: 'scripts/start.mjs' },
    files: ['dist', 'scripts', 'CHANGELOG.md'],
    dependencies,
    optionalDependencies,
  };
  writeFileSync(join(staged, 'package.json'), `${JSON.stringify(packed, null, 2)}\n`);
  const target = process.argv[2] ?? root;
  execFileSync('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', target, staged], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
} finally {
  rmSync(staged, { recursive: true, force: true });
}
