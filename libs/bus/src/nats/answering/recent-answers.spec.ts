import { describe, expect, it } from 'vitest';
import { type CallKey, keyOf } from '../notices.js';
import { RecentAnswers } from './recent-answers.js';

const ENTRIES = 32_768;
const wanted = (...calls: CallKey[]) => new Map(calls.map((call) => [keyOf(call), call]));
const call = (id: number): CallKey => ({ id, secret: 4_000_000_000 + id });

describe('recent answers', () => {
  it('recent answers are found by the one who asked, and by nobody else', () => {
    const recent = new RecentAnswers();
    recent.keep(1, call(5), Buffer.from('five'), 0);
    recent.keep(2, call(6), Buffer.from('six'), 0);

    const found = recent.find(1, wanted(call(5), call(6), { ...call(5), secret: 1 }));

    expect(found.map(({ call: { id }, unit }) => [id, unit?.toString()])).toEqual([[5, 'five']]);
  });

  it('recent answers are known to have been given when they are too large to be kept, or older ones were written over', () => {
    const recent = new RecentAnswers();
    recent.keep(1, call(1), Buffer.alloc(1024 * 1024), 0);
    recent.keep(1, call(2), Buffer.from('small'), 0);
    for (let id = 3; id < 50; id++) recent.keep(1, call(id), Buffer.alloc(200_000, id), 0);

    const found = recent.find(1, wanted(call(1), call(2), call(49)));

    expect(found.map(({ call: { id }, unit }) => [id, unit?.[0]]).sort()).toEqual([
      [1, undefined],
      [2, undefined],
      [49, 49],
    ]);
    expect(found.find(({ call: { id } }) => id === 49)?.unit).toHaveLength(200_000);
  });

  it('recent answers reach back as far as none has been forgotten', () => {
    const recent = new RecentAnswers();
    expect(recent.reachesBackTo(-1)).toBe(true);
    for (let id = 0; id < ENTRIES + 10; id++) recent.keep(1, call(id), undefined, id);

    expect(recent.reachesBackTo(5)).toBe(false);
    expect(recent.reachesBackTo(11)).toBe(true);
    expect(recent.find(1, wanted(call(9), call(10)))).toHaveLength(1);
  });
});
