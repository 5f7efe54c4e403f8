import { describe, expect, it } from 'vitest';
import { ConcurrencyLimiter } from './concurrency-limiter.js';

const given = (settings: Partial<ConstructorParameters<typeof ConcurrencyLimiter>[0]> = {}) => {
  const limiter = new ConcurrencyLimiter({ max: 10, perKeyMax: 2, queueMax: 3, waitMs: 5_000, ...settings });
  const entered: string[] = [];
  const wait = (name: string, key: string, isGone = () => false) =>
    limiter.acquire(key, isGone).then(() => void entered.push(name));
  return { limiter, entered, wait };
};
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('ConcurrencyLimiter', () => {
  it('lets in up to the limit of the key and of the whole', () => {
    const { limiter } = given({ max: 3 });

    expect([limiter.tryAcquire('a'), limiter.tryAcquire('a'), limiter.tryAcquire('a')]).toEqual([true, true, false]);
    expect([limiter.tryAcquire('b'), limiter.tryAcquire('b')]).toEqual([true, false]);
    limiter.release('a');
    expect(limiter.tryAcquire('b')).toBe(true);
  });

  it('lets those who wait in by turns, and nobody past them', async () => {
    const { limiter, entered, wait } = given({ perKeyMax: 1 });
    limiter.tryAcquire('a');
    void wait('first', 'a');
    void wait('second', 'a');

    expect(limiter.tryAcquire('a')).toBe(false);
    limiter.release('a');
    await settled();
    expect(entered).toEqual(['first']);
    limiter.release('a');
    await settled();
    expect(entered).toEqual(['first', 'second']);
  });

  it('holds nobody up for the sake of another key', async () => {
    const { limiter, entered, wait } = given({ perKeyMax: 1 });
    limiter.tryAcquire('a');
    void wait('same key', 'a');

    void wait('other key', 'b');
    await settled();

    expect(entered).toEqual(['other key']);
  });

  it('refuses at once when too many wait, but for those who have gone', async () => {
    const { limiter, wait } = given({ perKeyMax: 1, queueMax: 2 });
    limiter.tryAcquire('a');
    let gone = false;
    void wait('goes', 'a', () => gone);
    void wait('stays', 'a');

    await expect(wait('too many', 'a')).rejects.toMatchObject({ code: 'upstream.busy', executed: 'no' });
    gone = true;
    void wait('fits', 'a');
    expect(limiter.waiting).toBe(2);
  });

  it('refuses who has waited too long', async () => {
    const { limiter, wait } = given({ perKeyMax: 1, waitMs: 30 });
    limiter.tryAcquire('a');

    await expect(wait('waits', 'a')).rejects.toMatchObject({ code: 'upstream.busy', executed: 'no' });
    expect(limiter.waiting).toBe(0);
  });

  it('counts right to the end', async () => {
    const { limiter, wait } = given({ max: 2, perKeyMax: 2, queueMax: 100 });
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
