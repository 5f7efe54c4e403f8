import { fileURLToPath } from 'node:url';
import { ChildServer, freePort } from '#libs/testing';

const fileOf = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** For a process that has its sources to compile first, on a machine that has hardly any time for it. */
const READY_WITHIN_MS = 300_000;
const PROBE_TIMEOUT_MS = 30_000;

/** The metrics service in a process of its own, to be killed. One that does not come up says why it did not. */
export const startMetricsProcess = async (env: Record<string, string>): Promise<ChildServer> => {
  const port = await freePort();
  const server = new ChildServer({
    command: process.execPath,
    args: [
      '--conditions=switchyard',
      '--import',
      fileOf('../../../libs/testing/src/typescript-hooks.mjs'),
      fileOf('../src/main.ts'),
    ],
    env: { ...process.env, LOG_LEVEL: 'warn', ...env, PORT: String(port) },
    probe: async () => {
      const answer = await fetch(`http://127.0.0.1:${port}/ready`, { signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) });
      if (answer.status !== 200) throw new Error(`/ready answers ${answer.status}: ${await answer.text()}`);
    },
    readyWithinMs: READY_WITHIN_MS,
  });
  await server.start();
  return server;
};
