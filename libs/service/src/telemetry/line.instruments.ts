import { meter } from '#libs/telemetry';

/** Lines of the log on their way to metrics: plain numbers, read when somebody asks for metrics. */
export interface LineCounts {
  waiting: number;
  dropped: number;
}

const shown = new Set<LineCounts>();
const sum = (member: keyof LineCounts): number => [...shown].reduce((all, counts) => all + counts[member], 0);

meter()
  .createObservableGauge('switchyard_log_lines_pending', {
    description: 'Lines of the log that wait to be kept by metrics.',
  })
  .addCallback((result) => result.observe(sum('waiting')));
meter()
  .createObservableCounter('switchyard_log_lines_dropped_total', {
    description: 'Lines of the log that metrics does not keep: too many waited, or it refused them.',
  })
  .addCallback((result) => result.observe(sum('dropped')));

/** Shows counts until what it returns is called. */
export const showLineCounts = (counts: LineCounts): (() => void) => {
  shown.add(counts);
  return () => void shown.delete(counts);
};
