import { describe, expect, it } from 'vitest';
import { CircuitBreaker } from './circuit-breaker.js';

const given = () => {
  const clock = { nowMs: 0 };
  const breaker = new CircuitBreaker({ threshold: 5, resetMsMax: 60_000 }, () => clock.nowMs);
  const fail = (times: number) => {
    for (let time = 0; time < times; time++) {
      breaker.enter();
      breaker.failed();
    }
  };
  return { clock, breaker, fail };
};
const open = expect.objectContaining({ code: 'upstream.breaker_open', executed: 'no' });

describe('CircuitBreaker', () => {
  it('opens after so many failures in a row, not before', () => {
    const { breaker, fail } = given();

    fail(4);
    breaker.enter();
    breaker.succeeded();
    fail(4);
    expect(() => breaker.enter()).not.toThrow();
    breaker.failed();

    expect(() => breaker.enter()).toThrow(open);
  });

  it('lets one call at a time find out, at twice the distance after each failure, within the limit', () => {
    const { clock, breaker, fail } = given();
    fail(5);

    for (const waitMs of [5_000, 10_000, 20_000, 40_000, 60_000, 60_000]) {
      clock.nowMs += waitMs - 1;
      expect(() => breaker.enter()).toThrow(open);
      clock.nowMs += 1;
      expect(() => breaker.enter()).not.toThrow();
      expect(() => breaker.enter()).toThrow(open);
      breaker.failed();
    }
  });

  it('closes when the probe succeeds, and forgets how long it was open', () => {
    const { clock, breaker, fail } = given();
    fail(5);
    clock.nowMs += 5_000;
    breaker.enter();
    breaker.succeeded();

    expect(() => breaker.enter()).not.toThrow();
    breaker.succeeded();
    fail(5);
    clock.nowMs += 5_000;
    expect(() => breaker.enter()).not.toThrow();
  });

  it('lets another probe when one ended without telling', () => {
    const { clock, breaker, fail } = given();
    fail(5);
    clock.nowMs += 5_000;
    breaker.enter();
    breaker.undecided();

    expect(() => breaker.enter()).not.toThrow();
  });

  it('is not pushed further away by calls that were under way when it opened', () => {
    const { clock, breaker, fail } = given();
    fail(5);
    for (let late = 0; late < 20; late++) breaker.failed();
    clock.nowMs += 5_000;

    expect(() => breaker.enter()).not.toThrow();
  });
});
