import { readFileSync } from 'node:fs';

/** A process, so that another one that gets its number later is not taken for it. */
export interface ProcessIdentity {
  readonly pid: number;
  /** In the kernel's ticks; null where the system does not say. */
  readonly startedAt: string | null;
}

/** This very process. */
export const thisProcess = (): ProcessIdentity => ({ pid: process.pid, startedAt: startOf(process.pid) });

/** Whether the process still runs: not merely one of its number, nor one that only waits to be buried. */
export const isSameProcess = ({ pid, startedAt }: ProcessIdentity): boolean => {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it lives, under another user.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const now = startOf(pid);
  if (now === 'ended') return false;
  return startedAt === null || now === null ? pid !== process.pid : now === startedAt;
};

const startOf = (pid: number): string | null => {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return null;
  }
  // The second field is the name in parentheses, and may itself hold spaces and parentheses.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' || fields[0] === 'X' ? 'ended' : (fields[19] ?? null);
};
