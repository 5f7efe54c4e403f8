import { describe, expect, it } from 'vitest';
import { Turnstile } from './concurrency-limiter.js';

const given = (settings: Partial<ConstructorParameters<typeof Turnstile>[0]> = {}) => {
  const turnstile = new Turnstile({ max: 10, laneMax: 2, queueMax: 3, waitMs: 5_000, ...settings });
  const entered: string[] = [];
  const wait = (name: string, lane: string, isGone = () => false) =>
    turnstile.enter(lane, isGone).then(() => void entered.push(name));
  return { turnstile, entered, wait };
};
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('Turnstile', () => {
  it('lets in up to the limit of the lane and of the whole', () => {
    const { turnstile } = given({ max: 3 });

    expect([turnstile.tryEnter('a'), turnstile.tryEnter('a'), turnstile.tryEnter('a')]).toEqual([true, true, false]);
    expect([turnstile.tryEnter('b'), turnstile.tryEnter('b')]).toEqual([true, false]);
    turnstile.leave('a');
    expect(turnstile.tryEnter('b')).toBe(true);
  });

  it('lets those who wait in by turns, and nobody past them', async () => {
    const { turnstile, entered, wait } = given({ laneMax: 1 });
    turnstile.tryEnter('a');
    void wait('first', 'a');
    void wait('second', 'a');

    expect(turnstile.tryEnter('a')).toBe(false);
    turnstile.leave('a');
    await settled();
    expect(entered).toEqual(['first']);
    turnstile.leave('a');
    await settled();
    expect(entered).toEqual(['first', 'second']);
  });

  it('holds nobody up for the sake of another lane', async () => {
    const { turnstile, entered, wait } = given({ laneMax: 1 });
    turnstile.tryEnter('a');
    void wait('same lane', 'a');

    void wait('other lane', 'b');
    await settled();

    expect(entered).toEqual(['other lane']);
  });

  it('refuses at once when too many wait, but for those who have gone', async () => {
    const { turnstile, wait } = given({ laneMax: 1, queueMax: 2 });
    turnstile.tryEnter('a');
    let gone = false;
    void wait('goes', 'a', () => gone);
    void wait('stays', 'a');

    await expect(wait('too many', 'a')).rejects.toMatchObject({ code: 'upstream.busy', executed: 'no' });
    gone = true;
    void wait('fits', 'a');
    expect(turnstile.waiting).toBe(2);
  });

  it('refuses who has waited too long', async () => {
    const { turnstile, wait } = given({ laneMax: 1, waitMs: 30 });
    turnstile.tryEnter('a');

    await expect(wait('waits', 'a')).rejects.toMatchObject({ code: 'upstream.busy', executed: 'no' });
    expect(turnstile.waiting).toBe(0);
  });

  it('counts right to the end', async () => {
    const { turnstile, wait } = given({ max: 2, laneMax: 2, queueMax: 100 });
    const visits = Array.from({ length: 50 }, async (_, index) => {
      const lane = String(index % 3);
      if (!turnstile.tryEnter(lane)) await wait('', lane);
      expect(turnstile.running).toBeLessThanOrEqual(2);
      await settled();
      turnstile.leave(lane);
    });
    await Promise.all(visits);

    expect([turnstile.running, turnstile.waiting]).toEqual([0, 0]);
  });
});
