// Builds the admin console into dist/admin-ui, each file beside its compressed forms; nothing where it is up to date.
// `npm run build` calls it, and scripts/start.mjs.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

const root = fileURLToPath(new URL('..', import.meta.url));
const sources = join(root, 'apps/admin-ui');
/** What else it is built from. */
const shared = join(root, 'libs/client-files/src');
const target = join(root, 'dist/admin-ui');
const stampFile = join(target, '.sources');
/** Below it the frame of a compressed answer costs what it saves. */
const COMPRESSED_BYTES_MIN = 512;

const filesIn = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.spec.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();

/** Of what is in the files: a checkout gives all of them new times. */
const digestOfSources = () => {
  const digest = createHash('sha256');
  for (const path of [...filesIn(sources), ...filesIn(shared), join(root, 'package.json')])
    digest.update(path.slice(root.length)).update('\0').update(readFileSync(path));
  return digest.digest('hex');
};

const compress = async (path) => {
  const plain = readFileSync(path);
  if (plain.length < COMPRESSED_BYTES_MIN || path.endsWith('.woff2')) return;
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: plain.length };
  const [br, gz] = await Promise.all([
    promisify(brotliCompress)(plain, { params }),
    promisify(gzip)(plain, { level: 9 }),
  ]);
  writeFileSync(`${path}.br`, br);
  writeFileSync(`${path}.gz`, gz);
};

const isBuilt = (digest) => existsSync(stampFile) && readFileSync(stampFile, 'utf8') === digest;

/** Whether there is anything to do: without Vite, as where development packages were left out, what is there stays. */
export const isUpToDate = () => !existsSync(join(root, 'node_modules/vite')) || isBuilt(digestOfSources());

/** Beside its place, which it takes when it is whole. */
const buildAdminUi = async () => {
  const digest = digestOfSources();
  const { build } = await import('vite');
  const outDir = `${target}.${process.pid}`;
  try {
    await build({ configFile: join(sources, 'vite.config.ts'), logLevel: 'warn', build: { outDir } });
    await Promise.all(filesIn(outDir).map(compress));
    writeFileSync(join(outDir, '.sources'), digest);
    rmSync(target, { recursive: true, force: true });
    renameSync(outDir, target);
  } catch (error) {
    rmSync(outDir, { recursive: true, force: true });
    // Another process was as quick.
    if (!isBuilt(digest)) throw error;
  }
};

if (process.argv[1] === fileURLToPath(import.meta.url) && !isUpToDate()) await buildAdminUi();
