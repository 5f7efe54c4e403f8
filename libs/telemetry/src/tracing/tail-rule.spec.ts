import { describe, expect, it } from 'vitest';
import { TailRule } from './tail-rule.js';

const given = (settings: { keepsErrors?: boolean; slowMs?: number; perSecondMax?: number }) => {
  const clock = { nowMs: 0 };
  const rule = new TailRule({ keepsErrors: true, slowMs: 1_000, perSecondMax: 2, ...settings }, () => clock.nowMs);
  return { clock, rule };
};

describe('the tail rule', () => {
  it('the tail rule keeps errors and what is slow when both are asked for', () => {
    const { rule } = given({ perSecondMax: 10 });
    expect(rule.keeps(5, '')).toBe(false);
    expect(rule.keeps(5, 'upstream.closed')).toBe(true);
    expect(rule.keeps(999.9, '')).toBe(false);
    expect(rule.keeps(1_000, '')).toBe(true);
  });

  it('the tail rule keeps nothing when neither is asked for', () => {
    const { rule } = given({ keepsErrors: false, slowMs: 0 });
    expect(rule.keeps(100_000, 'upstream.closed')).toBe(false);
  });

  it('the tail rule keeps so many a second when there is a flood', () => {
    const { clock, rule } = given({});
    const flood = (): boolean[] => Array.from({ length: 5 }, () => rule.keeps(5, 'auth.credential_invalid'));
    expect(flood()).toEqual([true, true, false, false, false]);
    clock.nowMs = 1_000;
    expect(flood()).toEqual([true, true, false, false, false]);
  });
});
