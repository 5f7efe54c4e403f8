import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync } from 'node:fs';
import { type ProcessEnvironment, processEnvironment } from '#libs/config';
import { setTimeout as pause } from 'node:timers/promises';
import { maskText } from '#libs/telemetry';
import { logFileOf } from '../../local/data-folder.js';
import { gatewayAt, type RunningGateway } from '../../local/running-gateways.js';
import { CommandFailure } from '../../terminal/failure.js';

/** A first start makes a database. */
const WAIT_MS = 180_000;
const LOOK_MS = 100;
const LINES_TOLD = 12;
/** As `npm start` gives them: what is short-lived in a gateway does not outlive a small young generation. */
export const NODE_OPTIONS_OF_A_GATEWAY = [
  '--max-semi-space-size=16',
  '--no-parallel-scavenge',
  '--external-memory-accounted-in-global-limit',
];

/** How the gateway is to be started: its folder holds a `.env` perhaps. */
export interface Beginning {
  readonly folder?: string;
  readonly env?: ProcessEnvironment;
}

/**
 * Starts the gateway as a process of its own, which goes on when the terminal is closed, with its log in the data folder; the
 * log of the start before is kept beside it. Resolves when it serves; rejects with what it said where it ends before.
 */
export const startInBackground = async (
  dataDir: string,
  { folder = process.cwd(), env = processEnvironment() }: Beginning = {},
): Promise<RunningGateway> => {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const log = logFileOf(dataDir);
  if (existsSync(log)) renameSync(log, `${log}.1`);
  const output = openSync(log, 'a', 0o600);
  const [, script = ''] = process.argv;
  const child = spawn(process.execPath, [...NODE_OPTIONS_OF_A_GATEWAY, script, 'start', '--log', log], {
    detached: true,
    stdio: ['ignore', output, output],
    cwd: folder,
    env: { ...env, SWITCHYARD_DATA_DIR: dataDir },
  });
  closeSync(output);
  const life: { ended: string | null } = { ended: null };
  child.once('error', (error) => {
    life.ended = error.message;
  });
  child.once('exit', (code, signal) => {
    life.ended = `it ended with ${signal ?? code}`;
  });
  child.unref();
  const endsAtMs = performance.now() + WAIT_MS;
  for (;;) {
    const found = gatewayAt(dataDir);
    if (found !== null && found.pid === child.pid) return found;
    if (life.ended !== null) throw new CommandFailure(`the gateway did not start (${life.ended}):\n${lastLines(log)}`);
    if (performance.now() > endsAtMs)
      throw new CommandFailure(`the gateway is not ready after ${WAIT_MS / 1_000} s; see switchyard logs`);
    await pause(LOOK_MS);
  }
};

const lastLines = (path: string): string =>
  maskText(readFileSync(path, 'utf8').trimEnd().split('\n').slice(-LINES_TOLD).join('\n'));
