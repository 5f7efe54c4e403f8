import { expect, it } from 'vitest';
import { mergeSnapshots } from '#libs/telemetry';
import { keptWithin } from './kept-sums.js';

const NOTHING = { text: '', exemplars: [], natives: [] };
const snapshotOf = (...lines: string[]) => ({ text: `${lines.join('\n')}\n`, exemplars: [], natives: [] });
const counter = (name: string, labels: string, value: number): string[] => [`${name}{${labels}} ${value}`];
const histogram = (labels: string, value: number): string[] => [
  `took_count{${labels}} ${value}`,
  `took_sum{${labels}} ${value}`,
  `took_bucket{${labels},le="1"} ${value}`,
  `took_bucket{${labels},le="+Inf"} ${value}`,
];

it('the sums of workers that are gone are kept as they are when they fit', () => {
  const sums = snapshotOf('# TYPE calls counter', ...counter('calls', 'tool="a"', 1));
  expect(keptWithin(2, sums, NOTHING)).toEqual({ sums, dropped: 0 });
});

it('the sums of workers that are gone keep what they had, and of what is new as much as fits, each histogram whole', () => {
  const before = snapshotOf(
    '# TYPE calls counter',
    ...counter('calls', 'tool="a"', 1),
    '# TYPE took histogram',
    ...histogram('tool="a"', 1),
  );
  const ended = snapshotOf(
    '# TYPE calls counter',
    ...counter('calls', 'tool="a"', 1),
    ...counter('calls', 'tool="b"', 1),
    '# TYPE took histogram',
    ...histogram('tool="a"', 1),
    ...histogram('tool="b"', 1),
    '# TYPE later counter',
    ...counter('later', 'tool="b"', 1),
  );
  const sums = mergeSnapshots([before, ended].map((snapshot) => ({ snapshot, worker: null })));
  const { sums: kept, dropped } = keptWithin(8, sums, before);
  expect(kept.text.split('\n')).toEqual([
    '# TYPE calls counter',
    ...counter('calls', 'tool="a"', 2),
    ...counter('calls', 'tool="b"', 1),
    '# TYPE took histogram',
    ...histogram('tool="a"', 2),
    '# TYPE later counter',
    ...counter('later', 'tool="b"', 1),
    '',
  ]);
  expect(dropped).toBe(1);
});

it('the sums of workers that are gone never fall when ever more series come', () => {
  let kept: { text: string; exemplars: []; natives: [] } | ReturnType<typeof keptWithin>['sums'] = NOTHING;
  let dropped = 0;
  for (let n = 0; n < 50; n++) {
    const ended = snapshotOf(
      '# TYPE calls counter',
      ...counter('calls', 'tool="first"', 1),
      ...counter('calls', `tool="${n}"`, 1),
    );
    const sums = mergeSnapshots([kept, ended].map((snapshot) => ({ snapshot, worker: null })));
    const next = keptWithin(20, sums, kept);
    kept = next.sums;
    dropped += next.dropped;
    expect(kept.text).toContain(`calls{tool="first"} ${n + 1}\n`);
    expect(kept.text.split('\n').length).toBeLessThanOrEqual(22);
  }
  expect(dropped).toBeGreaterThan(25);
});

it('the sums of workers that are gone have the native counts of what they keep, and of nothing else', () => {
  const counts = { count: 1, sum: 1, zeros: 0, buckets: [[0, 1]] as const };
  const snapshot = {
    ...snapshotOf('# TYPE took histogram', ...histogram('tool="a"', 1), ...histogram('tool="b"', 1)),
    natives: [
      ['took[["tool","a"]]', counts],
      ['took[["tool","b"]]', counts],
    ] as const,
  };
  expect(keptWithin(5, snapshot, NOTHING).sums.natives).toEqual([['took[["tool","a"]]', counts]]);
});
