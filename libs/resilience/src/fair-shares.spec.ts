import { describe, expect, it } from 'vitest';
import { FairShares, type Share, type ShareLimits } from './fair-shares.js';

const NONE: ShareLimits = { perMinute: 0, burstSeconds: 10, concurrencyMax: 0, capacity: 0 };

/** Takes as often as it may, at one moment. */
const takeAll = (shares: FairShares, key: string, nowMs: number, max = 1_000): number => {
  const share = shares.shareOf(key, nowMs);
  let taken = 0;
  while (taken < max && shares.refusal(share, nowMs) === null) {
    shares.take(share);
    taken++;
  }
  return taken;
};
const leaveAll = (shares: FairShares, share: Share): void => {
  while (share.inUse > 0) shares.leave(share);
};

describe('fair shares', () => {
  it('fair shares are without end where nothing is limited', () => {
    const shares = new FairShares(NONE);
    expect([shares.active, takeAll(shares, 'a', 0)]).toEqual([false, 1_000]);
  });

  it('a share gives its burst, then its rate, and says when to come again', () => {
    const shares = new FairShares({ ...NONE, perMinute: 60, burstSeconds: 5 });
    expect(takeAll(shares, 'a', 0)).toBe(5);
    const share = shares.shareOf('a', 0);
    expect(shares.refusal(share, 0)).toEqual({ kind: 'rate', limit: 60, retryAfterMs: 1_000 });
    expect(shares.refusal(share, 400)).toEqual({ kind: 'rate', limit: 60, retryAfterMs: 600 });
    expect(takeAll(shares, 'a', 3_000)).toBe(3);
    expect(takeAll(shares, 'a', 3_600_000)).toBe(5);
    expect(takeAll(shares, 'b', 0)).toBe(5);
  });

  it('a share gives so many at once, and more when some are left', () => {
    const shares = new FairShares({ ...NONE, concurrencyMax: 3 });
    expect(takeAll(shares, 'a', 0)).toBe(3);
    const share = shares.shareOf('a', 0);
    expect(shares.refusal(share, 0)).toMatchObject({ kind: 'concurrency', limit: 3 });
    shares.leave(share);
    expect(takeAll(shares, 'a', 0)).toBe(1);
  });

  it('one key never fills the room that all share, nor do several', () => {
    const shares = new FairShares({ ...NONE, capacity: 512 });
    expect(['a', 'b', 'c'].map((key) => takeAll(shares, key, 0))).toEqual([256, 128, 64]);
    expect(takeAll(shares, 'd', 0)).toBe(32);
    leaveAll(shares, shares.shareOf('a', 0));
    expect(takeAll(shares, 'd', 0, 100)).toBeGreaterThan(90);
  });

  it('a key that uses nothing gets one however full the room is', () => {
    const shares = new FairShares({ ...NONE, capacity: 1 });
    expect(['a', 'b'].map((key) => takeAll(shares, key, 0))).toEqual([1, 1]);
  });

  it('what other replicas take of a share counts here, and what was too much is paid back', () => {
    const shares = new FairShares({ ...NONE, perMinute: 60, burstSeconds: 10, concurrencyMax: 5 });
    const share = shares.shareOf('a', 0);
    shares.takenElsewhere(share, 8, 0);
    share.inUseElsewhere = 3;
    expect(takeAll(shares, 'a', 0)).toBe(2);
    leaveAll(shares, share);
    share.inUseElsewhere = 0;
    shares.takenElsewhere(share, 20, 0);
    expect(shares.refusal(share, 0)).toMatchObject({ kind: 'rate', retryAfterMs: 21_000 });
  });

  it('shares that nobody uses are forgotten, and no others', () => {
    const shares = new FairShares({ ...NONE, perMinute: 60, burstSeconds: 10 });
    takeAll(shares, 'held', 0, 1);
    leaveAll(shares, shares.shareOf('new', 0));
    const left = shares.shareOf('left', 0);
    shares.take(left);
    shares.leave(left);
    shares.tidy(500);
    expect(shares.size).toBe(2);
    shares.tidy(60_000);
    expect([...shares].map(({ key }) => key)).toEqual(['held']);
  });

  it('keys beyond a hundred thousand share one share', () => {
    const shares = new FairShares({ ...NONE, concurrencyMax: 1 });
    for (let key = 0; key < 100_000; key++) shares.shareOf(`key ${key}`, 0);
    expect(takeAll(shares, 'one more', 0) + takeAll(shares, 'another', 0)).toBe(1);
    expect(shares.size).toBe(100_001);
  });
});
