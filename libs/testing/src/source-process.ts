import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const hooks = new URL('./typescript-hooks.mjs', import.meta.url);

/** What Node is given to run a TypeScript source file. */
export const sourceArguments = (file: URL | string): string[] => [
  '--conditions=switchyard',
  '--import',
  hooks.href,
  file instanceof URL ? fileURLToPath(file) : file,
];

/** Runs a TypeScript source file in a process of its own; it talks back by `process.send`. */
export const spawnSource = (
  file: URL | string,
  args: readonly string[] = [],
  env: NodeJS.ProcessEnv = process.env,
  output: 'inherit' | 'pipe' = 'inherit',
): ChildProcess =>
  spawn(process.execPath, [...sourceArguments(file), ...args], { env, stdio: ['ignore', output, 'inherit', 'ipc'] });
