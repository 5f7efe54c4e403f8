import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { hedge } from './hedge.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Attempts that are settled by hand. */
const given = () => {
  const attempts: { signal: AbortSignal; resolve: (result: string) => void; reject: (error: Error) => void }[] = [];
  const result = hedge<string>(
    (signal) => new Promise((resolve, reject) => void attempts.push({ signal, resolve, reject })),
    { afterMs: 1_000, isDecisive: (error) => (error as Error).message === 'decisive' },
  );
  const at = (index: number) => attempts[index] as (typeof attempts)[number];
  return { attempts, at, result };
};

describe('hedge', () => {
  it('hedge makes one attempt when it settles soon', async () => {
    const { attempts, at, result } = given();
    at(0).resolve('first');
    await expect(result).resolves.toBe('first');
    vi.advanceTimersByTime(5_000);
    expect(attempts).toHaveLength(1);
  });

  it('hedge makes a second attempt when the first says nothing, and aborts the one that is not needed', async () => {
    const { attempts, at, result } = given();
    vi.advanceTimersByTime(1_000);
    expect(attempts).toHaveLength(2);
    at(1).resolve('second');
    await expect(result).resolves.toBe('second');
    expect(at(0).signal.aborted).toBe(true);
  });

  it('hedge takes the first attempt when it settles before the second', async () => {
    const { at, result } = given();
    vi.advanceTimersByTime(1_000);
    at(0).resolve('first');
    await expect(result).resolves.toBe('first');
  });

  it('hedge rejects at once when a failure is decisive', async () => {
    const { at, result } = given();
    vi.advanceTimersByTime(1_000);
    at(1).reject(new Error('decisive'));
    await expect(result).rejects.toThrow('decisive');
    expect(at(0).signal.aborted).toBe(true);
  });

  it('hedge waits for the other attempt when a failure is not decisive', async () => {
    const { at, result } = given();
    vi.advanceTimersByTime(1_000);
    at(0).reject(new Error('lost'));
    await vi.advanceTimersByTimeAsync(0);
    at(1).resolve('second');
    await expect(result).resolves.toBe('second');
  });

  it('hedge rejects with the first failure when both attempts fail, without a second when none is open', async () => {
    const both = given();
    vi.advanceTimersByTime(1_000);
    both.at(1).reject(new Error('one'));
    await vi.advanceTimersByTimeAsync(0);
    both.at(0).reject(new Error('two'));
    await expect(both.result).rejects.toThrow('one');

    const single = given();
    single.at(0).reject(new Error('nobody there'));
    await expect(single.result).rejects.toThrow('nobody there');
    await vi.advanceTimersByTimeAsync(5_000);
    expect(single.attempts).toHaveLength(1);
  });
});
