/** When the second attempt is made, and what it may leave to the first. */
export interface HedgeSettings {
  /** How long to wait for the first attempt before the second is made beside it, in milliseconds. */
  readonly afterMs: number;
  /** Whether a failure settles the matter, as a result does. Other failures leave it to the attempt that is still open. */
  readonly isDecisive: (error: unknown) => boolean;
}

/**
 * A hedged request: makes an attempt, and a second one when the first has said nothing for a while. What settles the
 * matter first counts, and the other attempt is aborted. Rejects with the first failure when neither does. For requests
 * that change nothing. https://cacm.acm.org/research/the-tail-at-scale/
 */
export const hedge = <Result>(
  attempt: (signal: AbortSignal) => Promise<Result>,
  { afterMs, isDecisive }: HedgeSettings,
): Promise<Result> =>
  new Promise((resolve, reject) => {
    const control = new AbortController();
    let open = 0;
    let failure: unknown;
    const end = (settle: () => void): void => {
      clearTimeout(timer);
      settle();
      // After that, so that the abort of the other attempt settles nothing.
      control.abort();
    };
    const start = (): void => {
      open++;
      attempt(control.signal).then(
        (result) => end(() => resolve(result)),
        (error: unknown) => {
          open--;
          failure ??= error;
          if (isDecisive(error)) end(() => reject(error));
          else if (open === 0) end(() => reject(failure));
        },
      );
    };
    const timer = setTimeout(start, afterMs);
    start();
  });
