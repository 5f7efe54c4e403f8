import { expect, it } from 'vitest';
import type { View } from '../api/client.ts';
import { EMPTY_TAIL, ROWS_MAX, grown, held, merged } from './tail.ts';

const call = (id: string, second: number, outcome = 'ok'): View<'CallView'> =>
  ({ id, startedAt: new Date(Date.UTC(2026, 0, 1) + second * 1_000).toISOString(), outcome }) as View<'CallView'>;
const ids = (calls: readonly View<'CallView'>[]): string[] => calls.map(({ id }) => id);

it('a tail has each call once, the newest first, when one is told twice or comes late', () => {
  const tail = grown(grown(EMPTY_TAIL, [call('a', 1), call('c', 3, 'unknown')], 0), [call('b', 2), call('c', 3)], 0);
  expect(ids(tail.shown)).toEqual(['c', 'b', 'a']);
  expect(tail.shown[0]?.outcome).toBe('ok');
  expect(ids(merged([call('b', 2)], tail.shown))).toEqual(['c', 'b', 'a']);
});

it('a tail leaves what is read as it is and counts what comes when it is held', () => {
  const tail = grown(held(grown(EMPTY_TAIL, [call('a', 1)], 0), true), [call('a', 1), call('b', 2), call('c', 3)], 0);
  expect([ids(tail.shown), tail.waiting]).toEqual([['a'], 2]);
  const on = held(tail, false);
  expect([ids(on.shown), on.waiting]).toEqual([['c', 'b', 'a'], 0]);
});

it('a tail says that others are between its calls and older ones when there were too many', () => {
  const many = Array.from({ length: ROWS_MAX + 1 }, (_, at) => call(`n${at}`, at));
  const tail = grown(EMPTY_TAIL, many, 0);
  expect([tail.shown.length, tail.isCut, tail.shown[0]?.id]).toEqual([ROWS_MAX, true, `n${ROWS_MAX}`]);
  expect(grown(EMPTY_TAIL, [call('a', 1)], 12)).toMatchObject({ isCut: true, missed: 12 });
  expect(grown(EMPTY_TAIL, [call('a', 1)], 0).isCut).toBe(false);
});
