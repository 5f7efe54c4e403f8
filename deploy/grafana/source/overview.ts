import { dashboard, panel } from './dashboard.js';

/** All services at a glance. */
export const overview = dashboard({
  uid: 'overview',
  title: 'Switchyard',
  panels: [
    panel('Requests by service', 'reqps', ['sum by (job) (rate(http_requests_total[$__rate_interval]))', '{{job}}']),
    panel('Failures by service (5xx)', 'reqps', [
      'sum by (job) (rate(http_requests_total{status=~"5.."}[$__rate_interval]))',
      '{{job}}',
    ]),
    panel(
      'Latency of MCP, p50 and p99',
      's',
      [
        'histogram_quantile(0.5, sum by (le) (rate(mcp_server_operation_duration_seconds_bucket[$__rate_interval])))',
        'p50',
      ],
      [
        'histogram_quantile(0.99, sum by (le) (rate(mcp_server_operation_duration_seconds_bucket[$__rate_interval])))',
        'p99',
      ],
    ),
    panel('Tool calls by outcome', 'ops', [
      'sum by (outcome) (rate(switchyard_tool_calls_total[$__rate_interval]))',
      '{{outcome}}',
    ]),
    panel(
      'Calls at upstreams: running, waiting, parked',
      'short',
      ['sum(upstream_calls_running)', 'running'],
      ['sum(upstream_calls_waiting)', 'waiting'],
      ['sum(upstream_calls_parked)', 'parked'],
    ),
    panel('Upstreams left alone', 'short', [
      'sum by (name) (max by (upstream) (upstream_breaker_open) * on (upstream) group_left (name) max by (upstream, name) (upstream_info))',
      '{{name}}',
    ]),
    panel('Processor time by service', 'none', [
      'sum by (job) (rate(process_cpu_seconds_total[$__rate_interval]))',
      '{{job}}',
    ]),
    panel('Resident memory, largest replica', 'bytes', ['max by (job) (process_resident_memory_bytes)', '{{job}}']),
    panel('Event-loop delay, p99', 's', ['max by (job) (nodejs_event_loop_delay_p99_seconds)', '{{job}}']),
    panel(
      'Database connections',
      'short',
      ['sum by (schema) (db_pool_connections_active)', '{{schema}} in use'],
      ['sum by (schema) (db_pool_requests_waiting)', '{{schema}} waiting'],
    ),
    panel(
      'Call records on their way',
      'short',
      ['sum(switchyard_call_records_pending)', 'in outboxes'],
      ['sum by (state) (switchyard_metrics_queue_jobs)', 'queue: {{state}}'],
    ),
    panel('Refused at capacity', 'reqps', [
      'sum by (job) (rate(http_requests_total{route="refused"}[$__rate_interval]))',
      '{{job}}',
    ]),
    panel('Slowest upstreams, p95', 's', [
      'topk(10, histogram_quantile(0.95, sum by (le, upstream) (rate(mcp_client_operation_duration_seconds_bucket[$__rate_interval]))) * on (upstream) group_left (name) max by (upstream, name) (upstream_info))',
      '{{name}}',
    ]),
    panel('Why requests of MCP fail', 'reqps', [
      'sum by (error_type) (rate(mcp_server_operation_duration_seconds_count{error_type!=""}[$__rate_interval]))',
      '{{error_type}}',
    ]),
    panel(
      'A tool call on average: in all, and at its upstream',
      's',
      [
        'sum(rate(mcp_server_operation_duration_seconds_sum{mcp_method_name="tools/call"}[$__rate_interval])) / sum(rate(mcp_server_operation_duration_seconds_count{mcp_method_name="tools/call"}[$__rate_interval]))',
        'in all',
      ],
      [
        'sum(rate(mcp_client_operation_duration_seconds_sum{mcp_method_name="tools/call"}[$__rate_interval])) / sum(rate(mcp_client_operation_duration_seconds_count{mcp_method_name="tools/call"}[$__rate_interval]))',
        'at the upstream',
      ],
    ),
    panel('Places taken, fullest replica', 'percentunit', [
      'max by (job) (http_requests_in_flight / http_requests_in_flight_max)',
      '{{job}}',
    ]),
  ],
});
