import { mkdirSync, readFileSync, readlinkSync, renameSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Who writes a spool folder, so that nobody adopts it from under a living process. On Linux the owner names its
 * process by boot, pid namespace, pid and start time, which no reused pid and no other container can match. Where that
 * proves nothing (another host, another container, no /proc) the age of the owner file tells: its owner touches it.
 */
interface OwnerMark {
  readonly pid: number;
  readonly boot: string | null;
  readonly pidNamespace: string | null;
  readonly startTicks: string | null;
}

export const OWNER_FILE = 'owner.json';

const read = (file: string): string | null => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
};

const pidNamespace = (): string | null => {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return null;
  }
};

/** Start time and state of a process; `null` when there is none. The command name may hold spaces and brackets. */
const processStat = (pid: number | 'self'): { readonly state: string; readonly startTicks: string } | null => {
  const stat = read(`/proc/${pid}/stat`);
  if (stat === null) return null;
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0] ?? '', startTicks: fields[19] ?? '' };
};

const selfMark = (): OwnerMark => ({
  pid: process.pid,
  boot: read('/proc/sys/kernel/random/boot_id')?.trim() ?? null,
  pidNamespace: pidNamespace(),
  startTicks: processStat('self')?.startTicks ?? null,
});

/** Makes the folder with its owner file in one step: nobody ever sees it without. */
export const createOwned = (folder: string): void => {
  const nascent = `${folder}.new`;
  mkdirSync(nascent, { recursive: true, mode: 0o700 });
  writeFileSync(join(nascent, OWNER_FILE), JSON.stringify(selfMark()), { mode: 0o600 });
  renameSync(nascent, folder);
};

/** False when the folder is no longer where it was: another process has adopted it. */
export const beat = (folder: string): boolean => {
  const now = new Date();
  try {
    utimesSync(join(folder, OWNER_FILE), now, now);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
};

export type Verdict = 'alive' | 'dead' | { readonly beatAtMs: number };

/** Whether the owner of a folder lives; where that cannot be known, when it last gave a sign. */
export const judgeOwner = (folder: string): Verdict => {
  const file = join(folder, OWNER_FILE);
  const mark = parseMark(read(file));
  if (mark === null) return 'dead';
  const self = selfMark();
  const comparable = mark.boot !== null && mark.startTicks !== null && mark.pidNamespace !== null;
  if (comparable && mark.boot === self.boot && mark.pidNamespace === self.pidNamespace) {
    const found = processStat(mark.pid);
    const lives = found !== null && found.startTicks === mark.startTicks && found.state !== 'Z' && found.state !== 'X';
    return lives ? 'alive' : 'dead';
  }
  return beatAt(file);
};

const beatAt = (file: string): Verdict => {
  try {
    return { beatAtMs: statSync(file).mtimeMs };
  } catch {
    return 'dead';
  }
};

const parseMark = (text: string | null): OwnerMark | null => {
  if (text === null) return null;
  try {
    return JSON.parse(text) as OwnerMark;
  } catch {
    return null;
  }
};
