import { dashboard, panel } from './dashboard.js';

const OF = 'tool=~"$tool"';
const BUCKETS = `switchyard_tool_call_duration_seconds_bucket{${OF}}`;
const CALLS = `switchyard_tool_calls_total{${OF}}`;
const quantile = (share: number): string =>
  `histogram_quantile(${share}, sum by (tool, le) (rate(${BUCKETS}[$__rate_interval])))`;

/** Single tools, as their calls are recorded. */
export const tool = dashboard({
  uid: 'tool',
  title: 'Switchyard: tools',
  variables: [{ name: 'tool', series: 'switchyard_tool_calls_total', label: 'tool' }],
  panels: [
    panel('Calls', 'reqps', [`topk(20, sum by (tool) (rate(${CALLS}[$__rate_interval])))`, '{{tool}}']),
    panel('Calls by outcome', 'reqps', [`sum by (outcome) (rate(${CALLS}[$__rate_interval]))`, '{{outcome}}']),
    panel('Share that did not go well', 'percentunit', [
      `sum by (tool) (rate(switchyard_tool_calls_total{${OF}, outcome!="ok"}[$__rate_interval])) / sum by (tool) (rate(${CALLS}[$__rate_interval]))`,
      '{{tool}}',
    ]),
    panel('Duration, p50 and p95', 's', [quantile(0.5), '{{tool}} p50'], [quantile(0.95), '{{tool}} p95']),
  ],
});
