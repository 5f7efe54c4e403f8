import type { Exemplar } from './duration-histogram.js';

const COUNTER = /^# TYPE (\S+)_total counter$/;
const HELP = /^# HELP (\S+)_total /;

/**
 * Prometheus' text as OpenMetrics: counters are declared without `_total`, buckets have the trace of a call that fell into
 * them, and there is an end. `exemplars`: by the bucket, with its labels.
 * https://prometheus.io/docs/specs/om/open_metrics_spec/
 */
export const asOpenMetrics = (text: string, exemplars: ReadonlyMap<string, Exemplar>): string => {
  const lines = text.split('\n').filter((line) => line !== '');
  const counters = new Set(lines.flatMap((line) => COUNTER.exec(line)?.[1] ?? []));
  const written = lines.map((line) => {
    if (line.startsWith('# TYPE ')) return line.replace(COUNTER, '# TYPE $1 counter');
    if (line.startsWith('# HELP '))
      return line.replace(HELP, (all, name: string) => (counters.has(name) ? `# HELP ${name} ` : all));
    const exemplar = exemplars.size === 0 ? undefined : exemplars.get(line.slice(0, line.lastIndexOf(' ')));
    return exemplar === undefined ? line : `${line} ${exemplarText(exemplar)}`;
  });
  return `${written.join('\n')}\n# EOF\n`;
};

const exemplarText = ({ traceId, value, atMs }: Exemplar): string =>
  `# {trace_id="${traceId}"} ${value} ${(atMs / 1_000).toFixed(3)}`;
