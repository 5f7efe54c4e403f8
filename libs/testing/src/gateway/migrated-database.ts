import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { temporaryFolder } from '../temporary-folder.js';

const run = promisify(execFile);

/**
 * Lays an embedded database below `dataDir` in which the migrations of every service have run, and nothing else has
 * happened: a copy, so that the some hundred gateways of the tests need not each make one. It is made once per build, by
 * `switchyard migrate`, and kept in node_modules/.cache.
 */
export const layMigratedDatabase = async (checkout: string, dataDir: string): Promise<void> => {
  const kept = await migratedDatabase(checkout);
  fs.mkdirSync(dataDir, { recursive: true, mode: 0o711 });
  await copy(kept, path.join(dataDir, 'data'));
};

const migratedDatabase = async (checkout: string): Promise<string> => {
  const cache = path.join(checkout, 'node_modules/.cache/switchyard-databases');
  const kept = path.join(cache, keyOf(checkout));
  if (fs.existsSync(kept)) return kept;

  const folder = temporaryFolder('migrated');
  try {
    const dataDir = path.join(folder, 'data');
    const { PATH = '', HOME = '' } = process.env;
    await run(process.execPath, [path.join(checkout, 'dist/bin/switchyard.js'), 'migrate'], {
      cwd: checkout,
      env: { PATH, HOME, SWITCHYARD_DATA_DIR: dataDir },
    });
    fs.mkdirSync(cache, { recursive: true });
    removeOld(cache);
    const draft = fs.mkdtempSync(path.join(cache, '.new-'));
    await copy(path.join(dataDir, 'postgres/data'), path.join(draft, 'data'));
    try {
      fs.renameSync(path.join(draft, 'data'), kept);
    } catch (error) {
      // A test beside this one was first.
      if (!fs.existsSync(kept)) throw error;
    } finally {
      remove(draft);
    }
    return kept;
  } finally {
    remove(folder);
  }
};

/** The names of the built files hold what is in them, but for the first one. */
const keyOf = (checkout: string): string => {
  const bin = path.join(checkout, 'dist/bin');
  const hash = createHash('sha256').update(fs.readdirSync(bin).sort().join());
  for (const file of [path.join(bin, 'switchyard.js'), path.join(checkout, 'package-lock.json')])
    hash.update(fs.readFileSync(file));
  return hash.digest('hex').slice(0, 32);
};

const OLD_MS = 60 * 60_000;

/** Of builds before, and of runs that were cut off; not what a test beside this one is copying. */
const removeOld = (cache: string): void => {
  for (const name of fs.readdirSync(cache)) {
    const made = fs.statSync(path.join(cache, name), { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    if (Date.now() - made > OLD_MS) remove(path.join(cache, name));
  }
};

/** With the owners of the files: root's database is another user's. */
const copy = (from: string, to: string): Promise<unknown> => run('cp', ['-a', from, to]);

const remove = (folder: string): void => fs.rmSync(folder, { recursive: true, force: true });
