import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { runToEnd } from '../../parties/run-to-end.js';

const INSTALL_MS = 900_000;
/** Which of them a machine has is told by their names alone. */
const NAMES = ['python3.13', 'python3.12', 'python3'];

const isAtLeast = (command: string, version: string): boolean =>
  spawnSync(command, [
    '-c',
    `import sys, venv, ensurepip; sys.exit(sys.version_info < (${version.replace('.', ', ')}))`,
  ]).status === 0;

const commandOf = (version: string): string | undefined => NAMES.find((name) => isAtLeast(name, version));

export const lacksPython = (version: string): string | null =>
  commandOf(version) === undefined ? `Python ${version} or newer with its venv module is needed` : null;

/** Where the programs of the environment in a folder are. */
export const pythonIn = (folder: string): string => path.join(folder, 'venv', 'bin');

/** Into an environment of its own. */
export const installPython = async (folder: string, version: string, sources: readonly string[]): Promise<void> => {
  const options = { cwd: folder, timeoutMs: INSTALL_MS };
  await runToEnd(commandOf(version) ?? 'python3', ['-m', 'venv', path.join(folder, 'venv')], options);
  const args = ['install', '--quiet', '--disable-pip-version-check', ...sources];
  await runToEnd(path.join(pythonIn(folder), 'pip'), args, options);
};
