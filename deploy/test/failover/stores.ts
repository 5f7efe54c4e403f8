import { setTimeout as sleep } from 'node:timers/promises';

/** One kind of store in several processes, of which one may be lost. */
export interface Stores {
  /** Settings by which every service reaches them. */
  readonly env: Readonly<Record<string, string>>;
  /**
   * Kills the one that has the say. Resolves with when another had it, in milliseconds since 1970: from then on the store is there
   * again for whoever looks.
   */
  lose(): Promise<number>;
  /** What was killed is there again, under the one that has the say now. */
  mend(): Promise<void>;
  stop(): Promise<void>;
}

const GIVE_UP_AFTER_MS = 60_000;

/** Until it holds. Failures count as no. */
export const until = async (what: string, holds: () => Promise<boolean> | boolean): Promise<void> => {
  for (const endsAtMs = Date.now() + GIVE_UP_AFTER_MS; ; await sleep(20)) {
    if (
      await Promise.resolve()
        .then(holds)
        .catch(() => false)
    )
      return;
    if (Date.now() > endsAtMs) throw new Error(`not within ${GIVE_UP_AFTER_MS} ms: ${what}`);
  }
};
