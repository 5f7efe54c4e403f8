import { dashboard, panel } from './dashboard.js';

const OF = 'job=~"$job"';
const PER_REPLICA = '{{job}} {{instance}}';

/** The processes themselves, each replica by itself: processor, memory, event loop, stores, bus, queues. */
export const internals = dashboard({
  uid: 'internals',
  title: 'Switchyard: inside the services',
  variables: [{ name: 'job', series: 'switchyard_build_info', label: 'job' }],
  panels: [
    panel('Versions', 'short', [`sum by (job, version) (switchyard_build_info{${OF}})`, '{{job}} {{version}}']),
    panel('Processor time', 'percentunit', [`rate(process_cpu_seconds_total{${OF}}[$__rate_interval])`, PER_REPLICA]),
    panel(
      'Memory: resident, and heap in use',
      'bytes',
      [`process_resident_memory_bytes{${OF}}`, `${PER_REPLICA} resident`],
      [`nodejs_heap_used_bytes{${OF}}`, `${PER_REPLICA} heap`],
    ),
    panel('Held for callers and upstreams', 'bytes', [`held_bytes{${OF}}`, PER_REPLICA]),
    panel('Event loop: delay, p99', 's', [`nodejs_event_loop_delay_p99_seconds{${OF}}`, PER_REPLICA]),
    panel('Event loop: share of time at work', 'percentunit', [`nodejs_event_loop_utilization{${OF}}`, PER_REPLICA]),
    panel('Garbage collector: share of time', 'percentunit', [
      `sum by (job, instance, kind) (rate(nodejs_gc_duration_seconds_sum{${OF}}[$__rate_interval]))`,
      `${PER_REPLICA} {{kind}}`,
    ]),
    panel('Places taken', 'percentunit', [
      `http_requests_in_flight{${OF}} / http_requests_in_flight_max{${OF}}`,
      PER_REPLICA,
    ]),
    panel('HTTP by route, p99', 's', [
      `topk(15, histogram_quantile(0.99, sum by (job, route, le) (rate(http_request_duration_seconds_bucket{${OF}}[$__rate_interval]))))`,
      '{{job}} {{route}}',
    ]),
    panel('Bus: requests, p99', 's', [
      `topk(15, histogram_quantile(0.99, sum by (job, subject, le) (rate(bus_request_duration_seconds_bucket{${OF}}[$__rate_interval]))))`,
      '{{job}} {{subject}}',
    ]),
    panel(
      'Bus: under way',
      'short',
      [`bus_requests_waiting{${OF}}`, `${PER_REPLICA} asked`],
      [`bus_requests_in_hand{${OF}}`, `${PER_REPLICA} in hand`],
    ),
    panel('Callers known without asking', 'percentunit', [
      `sum by (job) (rate(caller_admissions_total{${OF}, source="memory"}[$__rate_interval])) / sum by (job) (rate(caller_admissions_total{${OF}}[$__rate_interval]))`,
      '{{job}}',
    ]),
    panel(
      'Database connections: open, in use, waited for',
      'short',
      [`sum by (schema) (db_pool_size{${OF}})`, '{{schema}} open'],
      [`sum by (schema) (db_pool_connections_active{${OF}})`, '{{schema}} in use'],
      [`sum by (schema) (db_pool_requests_waiting{${OF}})`, '{{schema}} waited for'],
    ),
    panel(
      'Call records on their way',
      'short',
      [`switchyard_call_records_pending{${OF}}`, PER_REPLICA],
      [`sum by (state) (switchyard_metrics_queue_jobs{${OF}})`, 'queue: {{state}}'],
    ),
  ],
});
