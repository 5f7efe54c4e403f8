import { dashboard, panel } from './dashboard.js';

const CALLS = 'mcp_client_operation_duration_seconds';
/** The name of an upstream, by its id. */
const NAMED = 'on (upstream) group_left (name) max by (upstream, name) (upstream_info{name=~"$upstream"})';
const quantile = (share: number): string =>
  `histogram_quantile(${share}, sum by (name, le) (rate(${CALLS}_bucket[$__rate_interval]) * ${NAMED}))`;

/** What is slow, and why: one upstream or several, as tool-invocation sees them. */
export const upstream = dashboard({
  uid: 'upstream',
  title: 'Switchyard: upstreams',
  variables: [{ name: 'upstream', series: 'upstream_info', label: 'name' }],
  panels: [
    panel('Calls', 'reqps', [`sum by (name) (rate(${CALLS}_count[$__rate_interval]) * ${NAMED})`, '{{name}}']),
    panel('Calls by method', 'reqps', [
      `sum by (mcp_method_name) (rate(${CALLS}_count[$__rate_interval]) * ${NAMED})`,
      '{{mcp_method_name}}',
    ]),
    panel('What calls fail of', 'reqps', [
      `sum by (name, error_type) (rate(${CALLS}_count{error_type!=""}[$__rate_interval]) * ${NAMED})`,
      '{{name}}: {{error_type}}',
    ]),
    panel('Duration, p50 and p99', 's', [quantile(0.5), '{{name}} p50'], [quantile(0.99), '{{name}} p99']),
    panel('Calls that it works on', 'short', [`sum by (name) (upstream_running * ${NAMED})`, '{{name}}']),
    panel('Calls that wait for their turn', 'short', [`sum by (name) (upstream_waiting * ${NAMED})`, '{{name}}']),
    panel('Open conversations', 'short', [`sum by (name) (upstream_conversations * ${NAMED})`, '{{name}}']),
    panel('Left alone (1)', 'short', [`max by (name) (upstream_breaker_open * ${NAMED})`, '{{name}}']),
  ],
});
