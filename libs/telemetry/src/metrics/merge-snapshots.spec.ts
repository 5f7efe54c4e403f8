import { describe, expect, it } from 'vitest';
import { mergeSnapshots, type ProcessSnapshot } from './merge-snapshots.js';

const of = (worker: string | null, calls: number, memory: number, extra = ''): ProcessSnapshot => ({
  worker,
  snapshot: {
    text: [
      '# HELP calls_total Calls, by tool.',
      '# TYPE calls_total counter',
      `calls_total{tool="a \\"b\\" c"} ${calls}`,
      extra,
      '# TYPE took_seconds histogram',
      `took_seconds_bucket{le="1"} ${calls}`,
      `took_seconds_bucket{le="+Inf"} ${calls}`,
      `took_seconds_sum ${calls / 4}`,
      '# HELP memory_bytes Memory.',
      '# TYPE memory_bytes gauge',
      `memory_bytes ${memory}`,
      `memory_bytes{kind="heap"} ${memory / 2}`,
      '',
    ].join('\n'),
    exemplars: [[`took_seconds_bucket{le="1"}`, { traceId: `t${calls}`, value: 0.5, atMs: calls }]],
    natives: [['took_seconds[]', { count: calls, sum: calls / 4, zeros: 1, buckets: [[-8, calls - 1]] }]],
  },
});

describe('the metrics of several processes', () => {
  it('metrics are added up, and gauges stand side by side, when several processes serve as one', () => {
    const { text, exemplars, natives } = mergeSnapshots([
      of('0', 3, 100),
      of('1', 4, 200, 'calls_total{tool="new"} 1'),
    ]);
    expect(text.split('\n')).toEqual([
      '# HELP calls_total Calls, by tool.',
      '# TYPE calls_total counter',
      'calls_total{tool="a \\"b\\" c"} 7',
      'calls_total{tool="new"} 1',
      '# TYPE took_seconds histogram',
      'took_seconds_bucket{le="1"} 7',
      'took_seconds_bucket{le="+Inf"} 7',
      'took_seconds_sum 1.75',
      '# HELP memory_bytes Memory.',
      '# TYPE memory_bytes gauge',
      'memory_bytes{worker="0"} 100',
      'memory_bytes{kind="heap",worker="0"} 50',
      'memory_bytes{worker="1"} 200',
      'memory_bytes{kind="heap",worker="1"} 100',
      '',
    ]);
    expect(natives).toEqual([['took_seconds[]', { count: 7, sum: 1.75, zeros: 2, buckets: [[-8, 5]] }]]);
    expect(new Map(exemplars).get('took_seconds_bucket{le="1"}')?.traceId).toBe('t4');
  });

  it('what a process has counted stays, and what it showed does not, when it is gone', () => {
    const gone = mergeSnapshots([of(null, 5, 900)]);
    expect(gone.text).not.toContain('memory_bytes');
    const { text } = mergeSnapshots([of('1', 2, 300), { worker: null, snapshot: gone }]);
    expect(text).toContain('calls_total{tool="a \\"b\\" c"} 7\n');
    expect(text.match(/^memory_bytes.*$/gm)).toEqual([
      'memory_bytes{worker="1"} 300',
      'memory_bytes{kind="heap",worker="1"} 150',
    ]);
  });
});
