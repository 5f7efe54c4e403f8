import { setTimeout as sleep } from 'node:timers/promises';
import type { TaskRecord } from './task-store.js';

const FIRST_WAIT_MS = 250;
const LAST_WAIT_MS = 5_000;
/** A client that wants to hear more subscribes anew. */
const FOLLOWED_MS_MAX = 300_000;

/** Whether a task goes on by itself. */
export const isAtWork = ({ task: { state } }: TaskRecord): boolean => state === 'working' || state === 'submitted';

/**
 * What has become of a task that is at work, wherever that is: the store is looked at, ever more rarely, until it is not, or for
 * five minutes. Rejects with what `look` does, and when `signal` aborts.
 */
export const followTask = async (
  first: TaskRecord,
  look: () => Promise<TaskRecord>,
  signal: AbortSignal,
): Promise<TaskRecord> => {
  const endsAtMs = performance.now() + FOLLOWED_MS_MAX;
  let record = first;
  for (let waitMs = FIRST_WAIT_MS; isAtWork(record) && performance.now() < endsAtMs; waitMs *= 2) {
    await sleep(Math.min(waitMs, LAST_WAIT_MS), undefined, { signal, ref: false });
    record = await look();
  }
  return record;
};
