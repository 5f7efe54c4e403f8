import { describe, expect, it } from 'vitest';
import { SignsOfLife } from './signs-of-life.js';

describe('signs of life', () => {
  it('SignsOfLife measures a pong that has the bytes of a ping, and no other counts', () => {
    let nowMs = 0;
    const signs = new SignsOfLife(() => nowMs);
    const first = signs.ping();
    const second = signs.ping();
    expect(first.equals(second)).toBe(false);
    nowMs = 40;
    expect(signs.pong(second)).toBe(40);
    expect(signs.pong(second)).toBeNull();
    nowMs = 14_000;
    expect(signs.pong(Buffer.alloc(8))).toBeNull();
    expect(signs.pong(Buffer.alloc(0))).toBeNull();
    expect(signs.isGone).toBe(false);
    nowMs = 15_041;
    expect(signs.isGone).toBe(true);
    signs.pong(first);
    expect(signs.isGone).toBe(false);
  });
});
