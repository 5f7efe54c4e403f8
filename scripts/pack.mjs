// `npm run pack`: makes switchyard-VERSION.tgz, what `npm install` takes: the bundled programs and the console with the
// licences of what they consist of, and as dependencies those packages alone that the programs still ask for. Needs a build.
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { builtinModules } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { closureOf, isForAll, packageOf, packages } from './lockfile.mjs';
import { noticesOf, placesIn } from './notices.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (file) => readFileSync(join(root, file), 'utf8');
const manifest = JSON.parse(read('package.json'));

/** What the bundle consists of; files of a bundle before may lie beside it. */
const programs = read('dist/bin/.bundled')
  .split('\n')
  .filter((file) => file !== '');

const IMPORTED =
  /(?:^|[;}\s])(?:import|export)\s*(?:[\w*{}\s,$]+from\s*)?["']([^"'\s]+)["']|\bimport\(\s*["']([^"'\s]+)["']\s*\)/g;
/** `createRequire(…).resolve("…")` and the like, by which a program finds a package without loading it. */
const FOUND_BY_NAME = /\b(?:\w*[rR]equire(?:\$\d+)?(?:\.resolve)?|resolve)\(\s*["']([@a-z][^"'\s]*)["']\s*\)/g;

const BARE_RESOLVE = /^resolve\(/;

/** Of the page at `/docs` a tenth of the package is needed; it comes along, and asks for no other. */
const CARRIED = 'swagger-ui-dist';
const CARRIED_FILES =
  /^(?:LICENSE|NOTICE|package\.json|absolute-path\.js|index\.(?:js|css|html)|favicon-.*\.png|oauth2-redirect\.\w+|swagger-initializer\.js|swagger-ui(?:\.css|(?:-bundle|-standalone-preset)\.js(?:\.LICENSE\.txt)?))$/;

const inside = new Set(programs.flatMap((file) => [...placesIn(read(`dist/bin/${file}`))]));

/** Packages look for these where somebody uses a part of theirs that we do not. */
const NEVER_HAD = [
  '@fastify/multipart',
  '@fastify/view',
  '@nestjs/platform-express',
  '@nestjs/websockets',
  '@valkey/valkey-glide',
  'amqp-connection-manager',
  'kafkajs',
  'mqtt',
  'pkg',
  'supports-color',
];

const askedFor = () => {
  const found = new Set();
  for (const file of programs)
    for (const pattern of [IMPORTED, FOUND_BY_NAME])
      for (const [match, one, other] of read(`dist/bin/${file}`).matchAll(pattern)) {
        const id = one ?? other;
        // A promise is resolved with words too; a package that a program finds by its name is one that is installed.
        if (BARE_RESOLVE.test(match) && packages[`node_modules/${packageOf(id)}`] === undefined) continue;
        if (/^[@a-z]/i.test(id) && !id.startsWith('node:') && !builtinModules.includes(id)) found.add(packageOf(id));
      }
  const outside = [...found].filter((id) => !inside.has(`node_modules/${id}`));
  const lost = outside.filter((id) => !isForAll(`node_modules/${id}`) && !NEVER_HAD.includes(id));
  if (lost.length > 0) throw new Error(`the programs ask for what nobody would have: ${lost}`);
  return outside.filter((id) => isForAll(`node_modules/${id}`)).sort();
};

const dependencies = Object.fromEntries(askedFor().map((name) => [name, packages[`node_modules/${name}`].version]));

/** What the console is built from, and all that this depends on. */
const ofConsole = () => {
  const sources = readdirSync(join(root, 'apps/admin-ui/src'), { recursive: true }).filter((file) =>
    /(?<!\.spec)\.(tsx?|css)$/.test(file),
  );
  const ids = sources.flatMap((file) =>
    [...read(`apps/admin-ui/src/${file}`).matchAll(/(?:from|import|url\() ?["']([@a-z][^"']*)["']/g)].map(
      ([, id]) => id,
    ),
  );
  return closureOf(new Set(ids.map(packageOf)));
};

/** It asks for another one to count its installations, and for nothing that its page needs. */
const rewriteManifest = (file) => {
  const { name, version, license, main } = JSON.parse(readFileSync(file, 'utf8'));
  writeFileSync(file, JSON.stringify({ name, version, license, main }));
};

const { name, version, description, license, type, engines, optionalDependencies } = manifest;
const staged = mkdtempSync(join(tmpdir(), 'switchyard-pack-'));
try {
  mkdirSync(join(staged, 'dist/bin'), { recursive: true });
  mkdirSync(join(staged, 'scripts'));
  mkdirSync(join(staged, 'examples'));
  for (const file of programs) copyFileSync(join(root, 'dist/bin', file), join(staged, 'dist/bin', file));
  cpSync(join(root, 'dist/admin-ui'), join(staged, 'dist/admin-ui'), { recursive: true });
  const carried = join(staged, 'node_modules', CARRIED);
  mkdirSync(carried, { recursive: true });
  for (const file of readdirSync(join(root, 'node_modules', CARRIED)))
    if (CARRIED_FILES.test(file)) copyFileSync(join(root, 'node_modules', CARRIED, file), join(carried, file));
  rewriteManifest(join(carried, 'package.json'));
  const places = [...inside, ...ofConsole(), `node_modules/${CARRIED}`];
  writeFileSync(join(staged, 'THIRD-PARTY-NOTICES.md'), noticesOf(root, new Set(places)));
  for (const file of ['scripts/start.mjs', 'examples/mcp-catalog.yml', 'README.md', 'CHANGELOG.md', 'LICENSE'])
    copyFileSync(join(root, file), join(staged, file));
  const packed = {
    name,
    version,
    description,
    license,
    type,
    engines,
    bin: { switchyard: 'scripts/start.mjs' },
    files: ['dist', 'scripts', 'examples', 'CHANGELOG.md', 'THIRD-PARTY-NOTICES.md'],
    bundleDependencies: [CARRIED],
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
