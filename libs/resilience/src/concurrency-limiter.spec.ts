import { describe, expect, it } from 'vitest';
import { ConcurrencyLimiter, type ConcurrencyLimits } from './concurrency-limiter.js';

const given = (limits: Partial<ConcurrencyLimits> = {}) => {
  const limiter = new ConcurrencyLimiter(
    { max: 10, maxPerKey: 2, queueMax: 3, waitMs: 5_000, ...limits },
    () => new Error('busy'),
  );
  const admitted: string[] = [];
  const wait = (name: string, key: string, isGone = () => false, owner = key) => {
    const admission = limiter.acquire(key, isGone, owner).then(() => void admitted.push(name));
    // Who waits still when the test has ended is refused then, before nobody.
    admission.catch(() => {});
    return admission;
  };
  return { limiter, admitted, wait };
};
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('ConcurrencyLimiter', () => {
  it('ConcurrencyLimiter admits up to the limit of a key and of the whole', () => {
    const { limiter } = given({ max: 3 });

    expect([limiter.tryAcquire('a'), limiter.tryAcquire('a'), limiter.tryAcquire('a')]).toEqual([true, true, false]);
    expect([limiter.tryAcquire('b'), limiter.tryAcquire('b')]).toEqual([true, false]);
    limiter.release('a');
    expect(limiter.tryAcquire('b')).toBe(true);
  });

  it('ConcurrencyLimiter admits in the order of arrival, and nobody past those who wait', async () => {
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

  it('ConcurrencyLimiter holds no key up when another has no room', async () => {
    const { limiter, admitted, wait } = given({ maxPerKey: 1 });
    limiter.tryAcquire('a');
    void wait('same key', 'a');

    void wait('other key', 'b');
    await settled();

    expect(admitted).toEqual(['other key']);
  });

  it('ConcurrencyLimiter admits past queue and limits when work takes its place again', () => {
    const { limiter } = given({ max: 1 });
    limiter.tryAcquire('a');
    limiter.reacquire('a');

    expect(limiter.running).toBe(2);
    limiter.release('a');
    expect(limiter.tryAcquire('b')).toBe(false);
  });

  it('ConcurrencyLimiter refuses at once when too many wait, not counting those who have gone', async () => {
    const { limiter, wait } = given({ maxPerKey: 1, queueMax: 2 });
    limiter.tryAcquire('a');
    let gone = false;
    const left = expect(wait('goes', 'a', () => gone)).rejects.toThrow('busy');
    void wait('stays', 'a');

    await expect(wait('too many', 'a')).rejects.toThrow('busy');
    gone = true;
    void wait('fits', 'a');
    await left;
    expect(limiter.waiting).toBe(2);
  });

  it('ConcurrencyLimiter refuses whoever has waited too long', async () => {
    const { limiter, wait } = given({ maxPerKey: 1, waitMs: 30 });
    limiter.tryAcquire('a');

    await expect(wait('waits', 'a')).rejects.toThrow('busy');
    expect(limiter.waiting).toBe(0);
  });

  const NOT_GONE = () => false;

  it('ConcurrencyLimiter leaves a caller with many the last eighth of the places to callers with few, in all of which those may go', () => {
    const { limiter } = given({ max: 80, maxPerKey: 80 });
    const takeAll = (owner: string): number => {
      let taken = 0;
      while (limiter.tryAcquire(`tool of ${owner}`, owner)) taken++;
      return taken;
    };
    expect(['greedy', 'modest', 'other'].map(takeAll)).toEqual([70, 5, 3]);
    limiter.release('tool of greedy', 'greedy');
    expect([limiter.tryAcquire('tool of greedy', 'greedy'), limiter.tryAcquire('tool of new', 'new')]).toEqual([
      false,
      true,
    ]);
  });

  it('ConcurrencyLimiter gives a caller the next turn when another has ten times as much waiting as there are places', async () => {
    const { limiter, admitted, wait } = given({ max: 7, maxPerKey: 7, queueMax: 1_000 });
    for (let count = 0; count < 7; count++) limiter.tryAcquire('a');
    for (let count = 0; count < 63; count++) void wait('greedy', 'a');
    for (const name of ['first', 'second', 'third']) void wait(name, 'b');

    for (let turn = 0; turn < 6; turn++) limiter.release('a');
    await settled();

    // Alone each would have had its place at once; now it has waited for one turn of its own, and one of the other's.
    expect(admitted).toEqual(['greedy', 'first', 'greedy', 'second', 'greedy', 'third']);
  });

  it('ConcurrencyLimiter gives owners their turns whatever keys their work has', async () => {
    const { limiter, admitted, wait } = given({ max: 1, maxPerKey: 1, queueMax: 100 });
    limiter.tryAcquire('held');
    for (const tool of ['x', 'y', 'z']) void wait(`greedy ${tool}`, `${tool} a`, NOT_GONE, 'a');
    void wait('modest', 'x b', NOT_GONE, 'b');

    for (const key of ['held', 'x a']) limiter.release(key);
    await settled();

    expect(admitted).toEqual(['greedy x', 'modest']);
  });

  it('ConcurrencyLimiter dismisses the last of the longest line when too many wait, and nobody for a line as long', async () => {
    const { limiter, admitted, wait } = given({ max: 1, maxPerKey: 1, queueMax: 4 });
    limiter.tryAcquire('a');
    const greedy = [1, 2, 3, 4].map((number) => wait(`greedy ${number}`, 'a'));
    const refused = expect(greedy[3]).rejects.toThrow('busy');
    const refusedToo = expect(greedy[2]).rejects.toThrow('busy');
    void wait('modest 1', 'b');
    void wait('modest 2', 'b');
    await Promise.all([refused, refusedToo]);

    await expect(wait('modest 3', 'b')).rejects.toThrow('busy');
    await expect(wait('greedy 5', 'a')).rejects.toThrow('busy');
    for (const key of ['a', 'a', 'b', 'a']) limiter.release(key);
    await settled();
    expect(admitted).toEqual(['greedy 1', 'modest 1', 'greedy 2', 'modest 2']);
  });

  it('ConcurrencyLimiter counts right when many come and go', async () => {
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
