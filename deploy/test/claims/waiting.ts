import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../../..');

/** A gateway whose database is away, once it has begun to wait for it. */
export const startWaiting = async (closedPort: number): Promise<{ readonly pid: number; stop(): void }> => {
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-claims-'));
  const child = spawn(process.execPath, [join(root, 'dist/bin/switchyard.js'), 'start'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env['PATH'],
      HOME: folder,
      PORT: '0',
      SWITCHYARD_DATA_DIR: folder,
      JWT_SECRET_KEY: randomBytes(48).toString('base64'),
      AUTH_ENCRYPTION_SECRET: randomBytes(48).toString('base64'),
      DATABASE_URL: `postgres://nobody@127.0.0.1:${closedPort}/nothing`,
    },
  });
  // The first line that it writes says that it waits.
  const [said] = (await Promise.race([once(child.stdout, 'data'), once(child.stderr, 'data')])) as [Buffer];
  if (!said.includes('not reachable yet')) throw new Error(`it does not wait: ${said}`);
  return {
    pid: child.pid ?? 0,
    stop: () => {
      child.kill('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
