import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Runs `asker.ts` or `responder.ts` in a process of its own, as plain Node runs TypeScript. */
export const startProcess = (script: 'asker' | 'responder', url: string, env: NodeJS.ProcessEnv = {}): ChildProcess =>
  spawn(
    process.execPath,
    [
      '--conditions=switchyard',
      '--experimental-transform-types',
      '--disable-warning=ExperimentalWarning',
      '--import',
      new URL('./source-hooks.mjs', import.meta.url).href,
      fileURLToPath(new URL(`./${script}.ts`, import.meta.url)),
      url,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ...env } },
  );
