import { fail } from '#libs/errors';

/** What was asked of an upstream, or `upstream.timed_out` with what it did not say, so that whoever asks hears why. */
export const inTime = async <Found>(asking: Promise<Found>, limitMs: number, what: string): Promise<Found> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const message = `The upstream did not say within ${limitMs / 1_000} s ${what}`;
      reject(fail('upstream.timed_out', { message, executed: 'no' }));
    }, limitMs);
  });
  try {
    return await Promise.race([asking, late]);
  } finally {
    clearTimeout(timer);
  }
};
