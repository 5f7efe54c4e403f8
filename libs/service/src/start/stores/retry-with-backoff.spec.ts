import { describe, expect, it } from 'vitest';
import { createLogger } from '#libs/telemetry';
import { pauseMs, retryWithBackoff } from './retry-with-backoff.js';

const logger = createLogger({ service: 'test', level: 'silent' });
const settings = (attemptsMax: number, signal = new AbortController().signal) => ({
  what: 'PostgreSQL',
  attemptsMax,
  intervalMs: 1,
  signal,
  logger,
});

describe('waiting for something at start', () => {
  it('retryWithBackoff doubles the pause up to 30 s and spreads it by a quarter either way', () => {
    expect([1, 2, 3, 4, 5, 30].map((attempt) => pauseMs(attempt, 2_000, () => 0.5))).toEqual([
      2_000, 4_000, 8_000, 16_000, 30_000, 30_000,
    ]);
    expect(pauseMs(1, 2_000, () => 0)).toBe(1_500);
    expect(pauseMs(1, 2_000, () => 1)).toBe(2_500);
  });

  it('retryWithBackoff goes on until it works', async () => {
    let attempts = 0;
    const connect = async (): Promise<number> => {
      if (++attempts < 4) throw new Error('not yet');
      return attempts;
    };
    expect(await retryWithBackoff(settings(5), connect)).toBe(4);
  });

  it('retryWithBackoff gives up with what it waited for and the last reason, without the password in it', async () => {
    let attempts = 0;
    const connect = async (): Promise<never> => {
      attempts++;
      throw new Error('no route to postgres://gateway:hunter2hunter@db/x');
    };
    const failure = await retryWithBackoff(settings(3), connect).catch((error: Error) => error.message);
    expect(failure).toMatch(/^PostgreSQL could not be reached in 3 attempts: no route to /);
    expect(failure).not.toContain('hunter2');
    expect(attempts).toBe(3);
  });

  it('retryWithBackoff names the code of a failure that has no message', async () => {
    const refused = Object.assign(new Error(''), { code: 'ECONNREFUSED' });
    await expect(retryWithBackoff(settings(1), () => Promise.reject(new AggregateError([refused])))).rejects.toThrow(
      'ECONNREFUSED',
    );
  });

  it('retryWithBackoff stops at once when the process is told to', async () => {
    const stopping = new AbortController();
    const waiting = retryWithBackoff({ ...settings(9, stopping.signal), intervalMs: 60_000 }, () =>
      Promise.reject(new Error('no')),
    );
    setTimeout(() => stopping.abort(new Error('stopped by SIGTERM')), 20);
    await expect(waiting).rejects.toThrow('aborted');
  });
});
