import { LRUCache } from 'lru-cache';

/** For how long the same line is counted after it was written. */
const QUIET_MS = 60_000;
/** Lines that are told apart; of what falls out the next one is written again. */
const LINES_MAX = 1_000;

/** What differs from one time to the next although the same thing happens. */
const OF_ONE_TIME = new Set(['callId', 'traceId', 'correlationId', 'jobId', 'durationMs', 'ms']);

interface Told {
  /** Until then it is counted; by `performance.now()`. */
  untilMs: number;
  repeated: number;
  timer: NodeJS.Timeout | null;
}

/**
 * Lets a warning or an error through once a minute and counts how often it comes again: a store that is away is one line
 * and a number, not one for each call. Two lines are the same when message, texts and error are; numbers are not looked at.
 */
export class RepeatedLines {
  private readonly told = new LRUCache<string, Told>({
    max: LINES_MAX,
    dispose: ({ timer }) => {
      if (timer !== null) clearTimeout(timer);
    },
  });

  /** Whether to write the line now. `again` writes it, with how often it came, once the minute is over. */
  isNew(level: number, args: readonly unknown[], again: (repeated: number) => void): boolean {
    const key = keyOf(level, args);
    const nowMs = performance.now();
    const told = this.told.get(key);
    if (told === undefined || (told.timer === null && nowMs >= told.untilMs)) {
      this.told.set(key, { untilMs: nowMs + QUIET_MS, repeated: 0, timer: null });
      return true;
    }
    told.repeated++;
    told.timer ??= setTimeout(() => {
      const { repeated } = told;
      // What is written now begins the next minute.
      Object.assign(told, { untilMs: performance.now() + QUIET_MS, repeated: 0, timer: null });
      again(repeated);
    }, told.untilMs - nowMs).unref();
    return false;
  }
}

const keyOf = (level: number, [first, second]: readonly unknown[]): string => {
  const key: unknown[] = [level, typeof first === 'string' ? first : second];
  if (typeof first !== 'object' || first === null) return JSON.stringify(key);
  if (first instanceof Error) key.push(first.name, first.message);
  else {
    for (const [name, value] of Object.entries(first)) {
      if (typeof value === 'string' && !OF_ONE_TIME.has(name)) key.push(name, value);
      else if (value instanceof Error) key.push(value.name, value.message);
    }
  }
  return JSON.stringify(key);
};
