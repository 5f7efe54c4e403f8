import fs from 'node:fs';
import { isSameProcess, type ProcessIdentity, thisProcess } from '#libs/config';
import { fail } from '#libs/errors';

export const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};

const read = (file: string): ProcessIdentity | null => {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8')) as ProcessIdentity;
  } catch {
    return null;
  }
};

/** Takes the home for this process, or refuses where another one that still runs has it. */
export const claim = (file: string): void => {
  const own = JSON.stringify(thisProcess());
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      fs.writeFileSync(file, own, { flag: 'wx', mode: 0o600 });
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const other = read(file);
    if (other !== null && isSameProcess(other)) {
      throw fail('config.invalid', { message: `The data folder is in use by process ${other.pid}` });
    }
    fs.rmSync(file, { force: true });
  }
  throw fail('config.invalid', { message: 'The data folder is being opened by another process' });
};

export const release = (file: string): void => fs.rmSync(file, { force: true });
