import { describe, expect, it } from 'vitest';
import { ConcurrencyLimiter, type ConcurrencyLimits } from './concurrency-limiter.js';

const given = (limits: Partial<ConcurrencyLimits> = {}) => {
  const limiter = new ConcurrencyLimiter(
    { max: 10, maxPerKey: 2, queueMax: 3, waitMs: 5_000, ...limits },
    () => new Error('busy'),
  );
  const admitted: string[] = [];
  const wait = (name: string, key: string, isGone = () => false) =>
    limiter.acquire(key, isGone).then(() => void admitted.push(name));
  return { limiter, admitted, wait };
};
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('ConcurrencyLimiter', () => {
  it('admits up to the limit of a key and of the whole', () => {
    const { limiter } = given({ max: 3 });

    expect([limiter.tryAcquire('a'), limiter.tryAcquire('a'), limiter.tryAcquire('a')]).toEqual([true, true, false]);
    expect([limiter.tryAcquire('b'), limiter.tryAcquire('b')]).toEqual([true, false]);
    limiter.release('a');
    expect(limiter.tryAcquire('b')).toBe(true);
  });

  it('admits in the order of arrival, and nobody past those who wait', async () => {
    const { limiter, admitted, wait } = given({ maxPerKey: 1 });
    limiter.tryAcquire('a');
    void wait('first', 'a');
    void wait('second', 'a');

    expect(limiter.tryAcquire('a')).toBe(false);
    limiter.release('a');
    await settled();
    expect(admitted).toEqual(['first']);
    limiter.release('a');
    await settled();
    expect(admitted).toEqual(['first', 'second']);
  });

  it('holds no key up when another has no room', async () => {
    const { limiter, admitted, wait } = given({ maxPerKey: 1 });
    limiter.tryAcquire('a');
    void wait('same key', 'a');

    void wait('other key', 'b');
    await settled();

    expect(admitted).toEqual(['other key']);
  });

  it('admits past queue and limits when work takes its place again', () => {
    const { limiter } = given({ max: 1 });
    limiter.tryAcquire('a');
    limiter.reacquire('a');

    expect(limiter.running).toBe(2);
    limiter.release('a');
    expect(limiter.tryAcquire('b')).toBe(false);
  });

  it('refuses at once when too many wait, not counting those who have gone', async () => {
    const { limiter, wait } = given({ maxPerKey: 1, queueMax: 2 });
    limiter.tryAcquire('a');
    let gone = false;
    void wait('goes', 'a', () => gone);
    void wait('stays', 'a');

    await expect(wait('too many', 'a')).rejects.toThrow('busy');
    gone = true;
    void wait('fits', 'a');
    expect(limiter.waiting).toBe(2);
  });

  it('refuses whoever has waited too long', async () => {
    const { limiter, wait } = given({ maxPerKey: 1, waitMs: 30 });
    limiter.tryAcquire('a');

    await expect(wait('waits', 'a')).rejects.toThrow('busy');
    expect(limiter.waiting).toBe(0);
  });

  it('counts right when many come and go', async () => {
    const { limiter, wait } = given({ max: 2, maxPerKey: 2, queueMax: 100 });
    const visits = Array.from({ length: 50 }, async (_, index) => {
      const key = String(index % 3);
      if (!limiter.tryAcquire(key)) await wait('', key);
      expect(limiter.running).toBeLessThanOrEqual(2);
      await settled();
      limiter.release(key);
    });
    await Promise.all(visits);

    expect([limiter.running, limiter.waiting]).toEqual([0, 0]);
  });
});
