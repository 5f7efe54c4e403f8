import { describe, expect, it } from 'vitest';
import { CircuitBreaker } from './circuit-breaker.js';

const given = () => {
  const clock = { nowMs: 0 };
  const breaker = new CircuitBreaker({ failuresMax: 5, openMs: 5_000, openMsMax: 60_000 }, () => clock.nowMs);
  const fail = (times: number): boolean[] => Array.from({ length: times }, () => breaker.failed());
  return { clock, breaker, fail };
};

describe('CircuitBreaker', () => {
  it('CircuitBreaker opens when so many attempts in a row have failed, not before', () => {
    const { breaker, fail } = given();

    expect(fail(4)).toEqual([false, false, false, false]);
    breaker.succeeded();
    fail(4);
    expect([breaker.isOpen, breaker.tryAcquire(), breaker.retryAfterMs]).toEqual([false, true, 0]);

    expect(breaker.failed()).toBe(true);
    expect([breaker.isOpen, breaker.tryAcquire(), breaker.retryAfterMs]).toEqual([true, false, 5_000]);
  });

  it('CircuitBreaker admits one probe at a time, at twice the distance when a probe fails, within the limit', () => {
    const { clock, breaker, fail } = given();
    fail(5);

    for (const waitMs of [5_000, 10_000, 20_000, 40_000, 60_000, 60_000]) {
      clock.nowMs += waitMs - 1;
      expect([breaker.tryAcquire(), breaker.retryAfterMs]).toEqual([false, 1]);
      clock.nowMs += 1;
      expect([breaker.tryAcquire(), breaker.tryAcquire()]).toEqual([true, false]);
      expect(breaker.failed()).toBe(false);
    }
  });

  it('CircuitBreaker closes when a probe succeeds, and forgets how long it was open', () => {
    const { clock, breaker, fail } = given();
    fail(5);
    clock.nowMs += 5_000;
    breaker.tryAcquire();
    breaker.failed();
    clock.nowMs += 10_000;
    breaker.tryAcquire();
    breaker.succeeded();

    expect([breaker.isOpen, breaker.tryAcquire()]).toEqual([false, true]);
    expect(fail(5).at(-1)).toBe(true);
    expect(breaker.retryAfterMs).toBe(5_000);
  });

  it('CircuitBreaker admits another probe when one ended without telling', () => {
    const { clock, breaker, fail } = given();
    fail(5);
    clock.nowMs += 5_000;
    breaker.tryAcquire();
    breaker.undecided();

    expect(breaker.tryAcquire()).toBe(true);
  });

  it('CircuitBreaker does not put the probe off when attempts fail late that were made before it opened', () => {
    const { clock, breaker, fail } = given();
    fail(5);
    clock.nowMs += 1_000;
    fail(20);
    clock.nowMs += 4_000;

    expect(breaker.tryAcquire()).toBe(true);
  });

  it('CircuitBreaker waits no longer than its limit when the first wait would be longer', () => {
    const breaker = new CircuitBreaker({ failuresMax: 1, openMs: 5_000, openMsMax: 1_000 }, () => 0);
    breaker.failed();

    expect(breaker.retryAfterMs).toBe(1_000);
  });
});
