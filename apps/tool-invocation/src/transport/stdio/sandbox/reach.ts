import { accessSync, constants, readFileSync, realpathSync, statSync } from 'node:fs';
import { delimiter, dirname, resolve } from 'node:path';

/** Who a child process runs as. */
export interface ChildUser {
  readonly uid: number;
  readonly gid: number;
}

const EXECUTE = 0o1;
const READ = 0o4;

/** Where a command is: a path, or a name on the PATH; both seen from a folder. `undefined`: nowhere. */
export const findProgram = (command: string, path: string, from: string): string | undefined => {
  if (command.includes('/')) return isExecutable(resolve(from, command)) ? resolve(from, command) : undefined;
  return path
    .split(delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => resolve(from, folder, command))
    .find(isExecutable);
};

/** Whether that user gets to a file or folder, by its links too, and may read it. True for what is not there. */
export const mayRead = (path: string, user: ChildUser): boolean =>
  [path, realPath(path)].every((step) => mayPass(dirname(step), user) && may(step, READ, user));

const realPath = (path: string): string => {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
};

/** CAP_CHOWN, CAP_SETGID, CAP_SETUID: https://man7.org/linux/man-pages/man7/capabilities.7.html */
const TO_BECOME_OTHERS = 0b1100_0001n;

/** Whether this process may start others as another user: root that has not been deprived of it, as in many containers. */
export const mayBecomeOthers = (): boolean => {
  if (process.getuid?.() !== 0) return false;
  try {
    const [, held = ''] = /^CapEff:\s*([\da-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
    return (BigInt(`0x${held}`) & TO_BECOME_OTHERS) === TO_BECOME_OTHERS;
  } catch {
    // There are no capabilities but on Linux.
    return true;
  }
};

/** Whether that user gets into a folder, though perhaps not to the list of what is in it. */
export const mayPass = (folder: string, user: ChildUser): boolean =>
  may(folder, EXECUTE, user) && (folder === dirname(folder) || mayPass(dirname(folder), user));

/** By owner, group and mode. */
const may = (path: string, right: number, { uid, gid }: ChildUser): boolean => {
  if (uid === 0) return true;
  try {
    const stats = statSync(path);
    const shift = stats.uid === uid ? 6 : stats.gid === gid ? 3 : 0;
    return ((stats.mode >> shift) & right) === right;
  } catch {
    return true;
  }
};

const isExecutable = (file: string): boolean => {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
};
