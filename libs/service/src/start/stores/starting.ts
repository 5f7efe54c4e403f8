import { databaseFailure } from '#libs/storage';
import { retryWithBackoff, type RetrySettings } from './retry-with-backoff.js';

/** What a start waits for, as the operator knows it, and how patiently. */
export type Patience = Omit<RetrySettings, 'passes'>;

export interface AwaitedStore {
  /** Unless told, PostgreSQL. */
  readonly what?: string;
  /** Whether waiting mends what failed; unless told, where the database is away. */
  readonly passes?: (error: unknown) => boolean;
}

/**
 * The start of this process, for what a module does with a store before it serves: one that goes away then is waited
 * for, as it is before. Rejects as `retryWithBackoff` does.
 */
export class Starting {
  constructor(private readonly patience: Patience) {}

  /** Runs `work` until it is done; what it does, it may do again. */
  untilDone<Result>(work: () => Promise<Result>, awaited: AwaitedStore = {}): Promise<Result> {
    return retryWithBackoff({ ...this.patience, passes: isDatabaseAway, ...awaited }, work);
  }
}

const isDatabaseAway = (error: unknown): boolean => databaseFailure(error)?.code === 'platform.not_ready';
