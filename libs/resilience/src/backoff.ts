/** A number from 0 to below 1, as `Math.random` gives it. */
export type Random = () => number;

/** How pauses between attempts grow. */
export interface BackoffSettings {
  /** The pause after the first failure in a row. */
  readonly firstMs: number;
  /** No pause is longer than this, before it is spread. */
  readonly maxMs: number;
  /** The part of a pause by which it may be shorter or longer: 0 for none, at most 1. */
  readonly spread?: number;
}

const SPREAD = 0.25;

/** Beyond this the doubling overflows; every cap has been reached by then. */
const DOUBLINGS_MAX = 52;

/** A time of about `ms`, spread evenly by ±`spread`, so that many who began together do not stay in step. */
export const jittered = (ms: number, spread = SPREAD, random: Random = Math.random): number =>
  ms * (1 - spread + 2 * spread * random());

/**
 * The pause, in milliseconds, after `failures` failures in a row (1 or more): exponential backoff, doubled from one to
 * the next, capped, with jitter. https://en.wikipedia.org/wiki/Exponential_backoff
 */
export const backoffMs = (
  failures: number,
  { firstMs, maxMs, spread = SPREAD }: BackoffSettings,
  random: Random = Math.random,
): number => {
  const doublings = Math.min(Math.max(failures - 1, 0), DOUBLINGS_MAX);
  return jittered(Math.min(firstMs * 2 ** doublings, maxMs), spread, random);
};

/** Counts the failures in a row of one thing that is tried again, and says how long to pause before the next attempt. */
export class Backoff {
  private count = 0;

  constructor(
    private readonly settings: BackoffSettings,
    private readonly random: Random = Math.random,
  ) {}

  /** Failures since the last success. */
  get failures(): number {
    return this.count;
  }

  /** Counts a failure. Returns the pause that it is worth, in milliseconds. */
  failed(): number {
    this.count++;
    return backoffMs(this.count, this.settings, this.random);
  }

  /** The next failure is the first again. */
  succeeded(): void {
    this.count = 0;
  }
}
