import { describe, expect, it } from 'vitest';
import { LineBudget } from './line-budget.js';

describe('LineBudget', () => {
  it('LineBudget lets so many lines a minute through and counts the rest when there are more', () => {
    let nowMs = 0;
    const budget = new LineBudget(2, () => nowMs);
    expect([1, 2, 3, 4].map(() => budget.take())).toEqual([0, 0, null, null]);
    nowMs = 60_000;
    expect([1, 2].map(() => budget.take())).toEqual([2, 0]);
  });
});
