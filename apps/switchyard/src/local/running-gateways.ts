import { readdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { isSameProcess, type ProcessIdentity, thisProcess } from '#libs/config';
import { configFolder, readPrivate, writePrivate } from './config-folder.js';

/** A gateway that runs on this machine, as it says itself. */
export interface RunningGateway extends ProcessIdentity {
  readonly url: string;
  readonly version: string;
  /** Where its data is; its folder holds a `.env` perhaps. Both are paths from the root. */
  readonly dataDir: string;
  readonly folder: string;
  /** Whether the database is its own, in the data folder. */
  readonly ownsDatabase: boolean;
  /** The file that its log goes to; null where that is the terminal that started it. */
  readonly log: string | null;
  readonly since: string;
}

const recordsFolder = (): string => join(configFolder(), 'running');
const recordOf = (pid: number): string => join(recordsFolder(), `${pid}.json`);

/**
 * Says that this process is a gateway that serves, so that commands find it from any folder, and takes that back at its end.
 * Where the home of the user cannot be written to, nobody finds it, and it serves all the same.
 */
export const announce = (gateway: Omit<RunningGateway, keyof ProcessIdentity>): void => {
  const path = recordOf(process.pid);
  try {
    writePrivate(path, { ...thisProcess(), ...gateway } satisfies RunningGateway);
  } catch {
    return;
  }
  process.once('exit', () => rmSync(path, { force: true }));
};

/** Every gateway of this user that runs. Records of those that were killed are removed. */
export const runningGateways = (): readonly RunningGateway[] =>
  recordNames().flatMap((name) => {
    const path = join(recordsFolder(), name);
    const record = readPrivate(path);
    if (isRecord(record) && isSameProcess(record)) return [record];
    rmSync(path, { force: true });
    return [];
  });

/** The one that uses a data folder. */
export const gatewayAt = (dataDir: string): RunningGateway | null =>
  runningGateways().find((gateway) => gateway.dataDir === resolve(dataDir)) ?? null;

const recordNames = (): readonly string[] => {
  try {
    return readdirSync(recordsFolder()).filter((name) => /^\d+\.json$/.test(name));
  } catch {
    return [];
  }
};

const isRecord = (value: unknown): value is RunningGateway => {
  const { pid, url, dataDir } = (value ?? {}) as Partial<Record<keyof RunningGateway, unknown>>;
  return typeof pid === 'number' && typeof url === 'string' && typeof dataDir === 'string';
};
