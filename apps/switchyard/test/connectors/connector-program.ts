import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { ROOT } from '../gateway-process.js';

/** `switchyard …` as a process of its own, which has said its first line. */
export const startCommand = async (
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<{ readonly line: string; kill(): void }> => {
  const child = spawn(process.execPath, [join(ROOT, 'dist', 'bin', 'switchyard.js'), ...args], {
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return { line: line.toString().trim(), kill: () => void child.kill('SIGKILL') };
};
