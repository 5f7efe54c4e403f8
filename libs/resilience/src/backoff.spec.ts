import { describe, expect, it } from 'vitest';
import { Backoff, backoffMs, jittered } from './backoff.js';

const settings = { firstMs: 100, maxMs: 1_000 };
const middle = () => 0.5;

describe('backoffMs', () => {
  it('backoffMs doubles from one failure to the next until it reaches the cap', () => {
    const pauses = [1, 2, 3, 4, 5, 60, 5_000].map((failures) => backoffMs(failures, settings, middle));
    expect(pauses).toEqual([100, 200, 400, 800, 1_000, 1_000, 1_000]);
  });

  it('backoffMs spreads a pause by a quarter to both sides when nothing else is said', () => {
    expect(backoffMs(1, settings, () => 0)).toBe(75);
    expect(backoffMs(1, settings, () => 1)).toBe(125);
  });

  it('backoffMs spreads nothing when the spread is 0', () => {
    expect([0, 0.5, 1].map((random) => backoffMs(2, { ...settings, spread: 0 }, () => random))).toEqual([
      200, 200, 200,
    ]);
  });
});

describe('jittered', () => {
  it('jittered stays within the spread when random numbers are real ones', () => {
    const times = Array.from({ length: 1_000 }, () => jittered(1_000, 0.5));
    expect(Math.min(...times)).toBeGreaterThanOrEqual(500);
    expect(Math.max(...times)).toBeLessThan(1_500);
    expect(new Set(times).size).toBeGreaterThan(900);
  });
});

describe('Backoff', () => {
  it('Backoff counts failures in a row and begins anew when one attempt succeeds', () => {
    const backoff = new Backoff(settings, middle);
    expect([backoff.failed(), backoff.failed(), backoff.failed()]).toEqual([100, 200, 400]);
    expect(backoff.failures).toBe(3);
    backoff.succeeded();
    expect([backoff.failures, backoff.failed()]).toEqual([0, 100]);
  });
});
