import fs from 'node:fs';
import { fail } from '#libs/errors';

/** Which process has the home open. The start time tells it from a later process with the same id. */
interface Owner {
  readonly pid: number;
  readonly startedAt: string | null;
}

/** Field 22 of `/proc/<pid>/stat`; null where there is no such process (or no `/proc`). */
const startOf = (pid: number): string | null => {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the program's name in brackets, and may hold spaces and brackets itself.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
};

export const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};

const isRunning = ({ pid, startedAt }: Owner): boolean =>
  isAlive(pid) && (startedAt === null || startOf(pid) === startedAt);

const read = (file: string): Owner | null => {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8')) as Owner;
  } catch {
    return null;
  }
};

/** Takes the home for this process, or refuses where another one that still runs has it. */
export const claim = (file: string): void => {
  const own: Owner = { pid: process.pid, startedAt: startOf(process.pid) };
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      fs.writeFileSync(file, JSON.stringify(own), { flag: 'wx', mode: 0o600 });
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const other = read(file);
    if (other !== null && isRunning(other)) {
      throw fail('config.invalid', { message: `The data folder is in use by process ${other.pid}` });
    }
    fs.rmSync(file, { force: true });
  }
  throw fail('config.invalid', { message: 'The data folder is being opened by another process' });
};

export const release = (file: string): void => fs.rmSync(file, { force: true });
