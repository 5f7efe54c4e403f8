import { dashboard, panel } from './dashboard.js';

const ANSWERED = 'http_requests_total{route!="refused"}';
const FAILED = 'http_requests_total{status=~"5..", route!="refused"}';
/** Of a thousand answers one may be a failure of the gateway. */
const BUDGET = 0.001;
const failedShare = (window: string): string => `sum(rate(${FAILED}[${window}])) / sum(rate(${ANSWERED}[${window}]))`;
const CALLS = 'mcp_server_operation_duration_seconds';
const CALL = 'mcp_method_name="tools/call"';

/** Whether users get what they were promised, and how much more there is room for. */
export const objectives = dashboard({
  uid: 'objectives',
  title: 'Switchyard: objectives and capacity',
  panels: [
    panel('Answers that are no failure of the gateway', 'percentunit', [
      `1 - ${failedShare('$__range')}`,
      'over the time shown',
    ]),
    panel(
      'Error budget: how many times too fast it is used (99.9 %)',
      'short',
      [`${failedShare('5m')} / ${BUDGET}`, '5 minutes'],
      [`${failedShare('1h')} / ${BUDGET}`, '1 hour'],
      [`${failedShare('6h')} / ${BUDGET}`, '6 hours'],
    ),
    panel('Tool calls within a second', 'percentunit', [
      `sum(rate(${CALLS}_bucket{${CALL}, le="1"}[$__rate_interval])) / sum(rate(${CALLS}_count{${CALL}}[$__rate_interval]))`,
      'share',
    ]),
    panel('Requests of MCP', 'reqps', [`sum by (era) (rate(${CALLS}_count[$__rate_interval]))`, '{{era}}']),
    panel('Places taken, fullest replica', 'percentunit', [
      'max by (job) (http_requests_in_flight / http_requests_in_flight_max)',
      '{{job}}',
    ]),
    panel('Event loop at work, busiest replica', 'percentunit', [
      'max by (job) (nodejs_event_loop_utilization)',
      '{{job}}',
    ]),
    panel('Database connections in use', 'percentunit', [
      'sum by (schema) (db_pool_connections_active) / sum by (schema) (db_pool_size)',
      '{{schema}}',
    ]),
    panel('Held bytes, fullest replica', 'percentunit', ['max by (job) (held_bytes / held_bytes_max)', '{{job}}']),
  ],
});
