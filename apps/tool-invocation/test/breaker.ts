import { StallWatch } from '#libs/resilience';
import { expect } from 'vitest';

/** So many are enough however often the process stands still. */
const CALLS_MAX = 200;

export const codeOf = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'ok',
    (error: { code: string }) => error.code,
  );

/**
 * Calls until the breaker refuses, and resolves with the failures before, the refusal last. More than `failuresMax` are
 * needed where this process stood still: what failed then counts against nobody.
 */
export const opensAfterItsFailures = async (failuresMax: number, call: () => Promise<unknown>): Promise<unknown[]> => {
  const watch = new StallWatch();
  const sinceMs = performance.now();
  const errors: unknown[] = [];
  do
    await call().then(
      () => expect.unreachable('A call was answered that was to fail'),
      (error: unknown) => errors.push(error),
    );
  while ((errors.at(-1) as { code: string }).code !== 'upstream.breaker_open' && errors.length < CALLS_MAX);
  watch.stop();
  expect(errors.at(-1)).toMatchObject({ code: 'upstream.breaker_open' });
  const failures = errors.length - 1;
  if (watch.stalledMsSince(sinceMs) === 0) expect(failures).toBe(failuresMax);
  else expect(failures).toBeGreaterThanOrEqual(failuresMax);
  return errors;
};
