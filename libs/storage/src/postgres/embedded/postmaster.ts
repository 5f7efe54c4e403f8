import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '#libs/telemetry';
import { isAlive } from './owner.js';

const pidFile = (data: string): string => path.join(data, 'postmaster.pid');

const linesOf = (data: string): string[] => {
  try {
    return fs.readFileSync(pidFile(data), 'utf8').split('\n');
  } catch {
    return [];
  }
};

/** The eighth line of `postmaster.pid` says how far the server is. */
export const isReady = (data: string, pid: number): boolean => {
  const lines = linesOf(data);
  return Number(lines[0]) === pid && (lines[7] ?? '').trim() === 'ready';
};

/** A postmaster works in its data folder, which tells it from whatever else has been given its process id. */
const isPostmasterOf = (data: string, pid: number): boolean => {
  try {
    const command = fs.readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
    return command === 'postgres' && fs.realpathSync(`/proc/${pid}/cwd`) === fs.realpathSync(data);
  } catch {
    return false;
  }
};

/**
 * Clears away what a killed gateway left: a server that still runs on this data, or the lock of one that does not.
 * Only the owner of the home may call this.
 */
export const stopOrphan = async (data: string, logger: Logger): Promise<void> => {
  const pid = Number(linesOf(data)[0]);
  if (!Number.isInteger(pid) || pid <= 1) return;
  if (isPostmasterOf(data, pid)) {
    logger.warn({ pid }, 'stopping the postgres that an earlier run left behind');
    await stopProcess(pid);
  }
  fs.rmSync(pidFile(data), { force: true });
};

/** Fast, then immediate, then by force: the write-ahead log brings back what was committed in each case. */
const STEPS = [
  { signal: 'SIGINT', waitMs: 10_000 },
  { signal: 'SIGQUIT', waitMs: 5_000 },
  { signal: 'SIGKILL', waitMs: 5_000 },
] as const;

export const stopProcess = async (pid: number): Promise<void> => {
  for (const { signal, waitMs } of STEPS) {
    if (!isAlive(pid)) return;
    try {
      process.kill(pid, signal);
    } catch {
      return;
    }
    const giveUpAt = Date.now() + waitMs;
    while (isAlive(pid) && Date.now() < giveUpAt) await sleep(5);
  }
};
