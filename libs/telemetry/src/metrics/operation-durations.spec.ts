import { describe, expect, it } from 'vitest';
import { OperationDurations } from './operation-durations.js';
import { renderPrometheus } from './prometheus.js';

const seriesOf = async (name: string): Promise<string[]> =>
  (await renderPrometheus()).split('\n').filter((line) => line.startsWith(`${name}_count`));

describe('OperationDurations', () => {
  it('OperationDurations tells operations apart by method, by how they ended and by one more label when they are recorded', async () => {
    const durations = new OperationDurations('told_apart_seconds', 'For a test.', 'era', 100);
    durations.record(0.015, 'tools/call', 'modern', '');
    durations.record(0.5, 'tools/call', 'modern', '');
    durations.record(0.5, 'tools/call', 'modern', 'upstream.timed_out');
    expect(await seriesOf('told_apart_seconds')).toEqual([
      'told_apart_seconds_count{mcp_method_name="tools/call",era="modern"} 2',
      'told_apart_seconds_count{mcp_method_name="tools/call",era="modern",error_type="upstream.timed_out"} 1',
    ]);
    expect(await renderPrometheus()).toContain(
      'told_apart_seconds_bucket{mcp_method_name="tools/call",era="modern",le="0.02"} 1',
    );
  });

  it('OperationDurations has a bounded number of series when the label has thousands of values', async () => {
    const durations = new OperationDurations('bounded_seconds', 'For a test.', 'upstream', 10);
    for (let at = 0; at < 5_000; at++) durations.record(0.1, 'tools/call', `u${at}`, at % 2 === 0 ? '' : `code-${at}`);
    const series = await seriesOf('bounded_seconds');
    expect(series).toHaveLength(12);
    expect(series).toContain('bounded_seconds_count{mcp_method_name="tools/call",upstream="other"} 2495');
  });

  it('OperationDurations ends the series of what is gone, and makes room for others, when it is told what is there', async () => {
    const durations = new OperationDurations('ended_seconds', 'For a test.', 'upstream', 2);
    durations.record(1, 'tools/call', 'gone', '');
    durations.record(1, 'tools/call', 'there', '');
    durations.keep((upstream) => upstream === 'there');
    expect(await seriesOf('ended_seconds')).toEqual([
      'ended_seconds_count{mcp_method_name="tools/call",upstream="there"} 1',
    ]);
    durations.record(1, 'tools/call', 'new', '');
    expect(await seriesOf('ended_seconds')).toHaveLength(2);
  });
});
