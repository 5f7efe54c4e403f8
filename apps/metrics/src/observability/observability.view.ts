import { ApiProperty } from '@nestjs/swagger';
import { CALL_EXAMPLE, type CallView } from '../call-log/call.view.js';
import type { CallSums, NamedSums, WindowSums } from './call-sums.repository.js';
import { RESOURCE_TYPES, TRACE_STATUSES } from './observability.query.js';

const NULLABLE = { type: String, nullable: true } as const;
const MS = { type: Number, description: 'Milliseconds.' } as const;
const TIME = { type: String, format: 'date-time' } as const;
const ATTRIBUTES = { type: 'object', additionalProperties: true } as const;

const RESOURCE_OF: Readonly<Record<string, (typeof RESOURCE_TYPES)[number]>> = {
  'tools/call': 'tool',
  'prompts/get': 'prompt',
  'resources/read': 'resource',
};
export const methodOf = (type: (typeof RESOURCE_TYPES)[number]): string =>
  Object.keys(RESOURCE_OF).find((method) => RESOURCE_OF[method] === type) ?? type;

const statusOf = ({ outcome }: CallView): (typeof TRACE_STATUSES)[number] => (outcome === 'ok' ? 'ok' : 'error');
const nameOf = ({ method, name, endpoint }: CallView): string =>
  [method ?? endpoint, name].filter((part) => part !== null).join(' ');
const endOf = ({ startedAt, latencyMs }: CallView): string => new Date(Date.parse(startedAt) + latencyMs).toISOString();
const attributesOf = (call: CallView): Readonly<Record<string, unknown>> => ({
  call_id: call.id,
  outcome: call.outcome,
  code: call.code,
  rule: call.rule,
  upstream_id: call.upstreamId,
  protocol_version: call.revision,
  upstream_protocol_version: call.upstreamRevision,
  waited_ms: call.waitedMs,
  upstream_ms: call.upstreamMs,
  gateway_ms: call.gatewayMs,
  request_bytes: call.requestBytes,
  response_bytes: call.responseBytes,
});

/** A call under the names of ContextForge, as the trace that it is a part of. */
export class TraceView {
  @ApiProperty({ type: String, description: 'The id of the call where it was in no trace.' })
  readonly trace_id: string;

  @ApiProperty({ type: String, example: 'tools/call weather-forecast' })
  readonly name: string;

  @ApiProperty(TIME)
  readonly start_time: string;

  @ApiProperty(TIME)
  readonly end_time: string;

  @ApiProperty(MS)
  readonly duration_ms: number;

  @ApiProperty({ enum: TRACE_STATUSES })
  readonly status: (typeof TRACE_STATUSES)[number];

  @ApiProperty({ type: String, description: 'What became of it and why, in words.' })
  readonly status_message: string;

  @ApiProperty({ type: String, description: 'The path that was called.' })
  readonly http_url: string;

  @ApiProperty(NULLABLE)
  readonly user_email: string | null;

  @ApiProperty({ ...NULLABLE, description: 'What the client calls itself.' })
  readonly user_agent: string | null;

  @ApiProperty(NULLABLE)
  readonly ip_address: string | null;

  @ApiProperty({ ...ATTRIBUTES, description: 'What else `GET /calls/{id}` has.' })
  readonly attributes: Readonly<Record<string, unknown>>;

  constructor(call: CallView) {
    this.trace_id = call.traceId ?? call.id;
    this.name = nameOf(call);
    this.start_time = call.startedAt;
    this.end_time = endOf(call);
    this.duration_ms = call.latencyMs;
    this.status = statusOf(call);
    this.status_message = call.why;
    this.http_url = call.endpoint;
    this.user_email = call.user;
    this.user_agent = call.client === null ? null : [call.client, call.clientVersion].filter(Boolean).join('/');
    this.ip_address = call.address;
    this.attributes = attributesOf(call);
  }
}

/** A call as the span of the gateway. */
export class SpanView {
  @ApiProperty({ type: String, description: 'The id of the call.' })
  readonly span_id: string;

  @ApiProperty({ type: String })
  readonly trace_id: string;

  @ApiProperty({ type: String })
  readonly name: string;

  @ApiProperty({ enum: ['server'] })
  readonly kind = 'server';

  @ApiProperty(TIME)
  readonly start_time: string;

  @ApiProperty(TIME)
  readonly end_time: string;

  @ApiProperty(MS)
  readonly duration_ms: number;

  @ApiProperty({ enum: TRACE_STATUSES })
  readonly status: (typeof TRACE_STATUSES)[number];

  @ApiProperty({ type: String })
  readonly status_message: string;

  @ApiProperty({ enum: RESOURCE_TYPES, nullable: true })
  readonly resource_type: (typeof RESOURCE_TYPES)[number] | null;

  @ApiProperty(NULLABLE)
  readonly resource_name: string | null;

  @ApiProperty(ATTRIBUTES)
  readonly attributes: Readonly<Record<string, unknown>>;

  constructor(call: CallView) {
    this.span_id = call.id;
    this.trace_id = call.traceId ?? call.id;
    this.name = nameOf(call);
    this.start_time = call.startedAt;
    this.end_time = endOf(call);
    this.duration_ms = call.latencyMs;
    this.status = statusOf(call);
    this.status_message = call.why;
    this.resource_type = RESOURCE_OF[call.method ?? ''] ?? null;
    this.resource_name = call.name;
    this.attributes = attributesOf(call);
  }
}

/** `GET /observability/traces/{traceId}` */
export class TraceWithSpansView extends TraceView {
  @ApiProperty({ type: [SpanView], description: 'Of each call in the trace, the first one first.' })
  readonly spans: readonly SpanView[];

  constructor(first: CallView, calls: readonly CallView[]) {
    super(first);
    this.spans = calls.map((call) => new SpanView(call));
  }
}

class SlowestView {
  @ApiProperty({ type: String })
  readonly name!: string;

  @ApiProperty(MS)
  readonly avg_duration_ms!: number;

  @ApiProperty({ type: 'integer' })
  readonly count!: number;
}

/** `GET /observability/stats` */
export class StatsView {
  @ApiProperty({ type: 'integer' })
  readonly time_window_hours: number;

  @ApiProperty({ type: 'integer' })
  readonly total_traces: number;

  @ApiProperty({ type: 'integer' })
  readonly success_count: number;

  @ApiProperty({ type: 'integer' })
  readonly error_count: number;

  @ApiProperty({ type: Number, description: 'Per cent.' })
  readonly error_rate: number;

  @ApiProperty(MS)
  readonly avg_duration_ms: number;

  @ApiProperty({ type: [SlowestView], description: 'The slowest ten on average.' })
  readonly slowest_endpoints: readonly SlowestView[];

  constructor(
    hours: number,
    { count, errors, avgMs }: Omit<NamedSums, 'name'>,
    slowest: readonly Omit<NamedSums, 'errors'>[],
  ) {
    this.time_window_hours = hours;
    this.total_traces = count;
    this.success_count = count - errors;
    this.error_count = errors;
    this.error_rate = count === 0 ? 0 : (errors / count) * 100;
    this.avg_duration_ms = rounded(avgMs);
    this.slowest_endpoints = slowest.map((each) => ({
      name: each.name ?? '',
      avg_duration_ms: rounded(each.avgMs),
      count: each.count,
    }));
  }
}

/** How long calls took, together. */
abstract class DurationsView {
  @ApiProperty(MS)
  readonly avg_duration_ms: number;

  @ApiProperty(MS)
  readonly min_duration_ms: number;

  @ApiProperty(MS)
  readonly max_duration_ms: number;

  constructor({ avgMs, minMs, maxMs }: Pick<CallSums, 'avgMs' | 'minMs' | 'maxMs'>) {
    this.avg_duration_ms = rounded(avgMs);
    this.min_duration_ms = rounded(minMs);
    this.max_duration_ms = rounded(maxMs);
  }
}

/** `GET /observability/analytics/query-performance` */
export class LatencyView extends DurationsView {
  @ApiProperty({ type: 'integer' })
  readonly time_window_hours: number;

  @ApiProperty({ type: 'integer' })
  readonly total_traces: number;

  @ApiProperty({ type: 'object', additionalProperties: { type: 'number' }, example: { p50: 12, p99: 80 } })
  readonly percentiles: Readonly<Record<string, number>>;

  constructor(hours: number, { count, percentilesMs, ...durations }: CallSums) {
    super(durations);
    this.time_window_hours = hours;
    this.total_traces = count;
    this.percentiles = Object.fromEntries(
      (percentilesMs ?? []).map((ms, at) => [['p50', 'p75', 'p90', 'p95', 'p99'][at], rounded(ms)]),
    );
  }
}

/** One window of `GET /api/logs/performance-metrics`. */
export class PerformanceView extends DurationsView {
  @ApiProperty({ type: String })
  readonly id: string;

  @ApiProperty(TIME)
  readonly timestamp: string;

  @ApiProperty({ enum: ['gateway'] })
  readonly component = 'gateway';

  @ApiProperty({ type: String, example: 'tools/call' })
  readonly operation_type: string;

  @ApiProperty(TIME)
  readonly window_start: string;

  @ApiProperty(TIME)
  readonly window_end: string;

  @ApiProperty({ type: 'integer' })
  readonly request_count: number;

  @ApiProperty({ type: 'integer' })
  readonly error_count: number;

  @ApiProperty({ type: Number, description: 'Of one.' })
  readonly error_rate: number;

  @ApiProperty(MS)
  readonly p50_duration_ms: number;

  @ApiProperty(MS)
  readonly p95_duration_ms: number;

  @ApiProperty(MS)
  readonly p99_duration_ms: number;

  constructor({ method, startMs, count, errors, percentilesMs, ...durations }: WindowSums, windowMs: number) {
    super(durations);
    this.window_start = new Date(startMs).toISOString();
    this.window_end = new Date(startMs + windowMs).toISOString();
    this.id = `gateway:${method}:${this.window_start}`;
    this.timestamp = this.window_end;
    this.operation_type = method;
    this.request_count = count;
    this.error_count = errors;
    this.error_rate = errors / count;
    const [p50, , , p95, p99] = percentilesMs ?? [];
    this.p50_duration_ms = rounded(p50 ?? null);
    this.p95_duration_ms = rounded(p95 ?? null);
    this.p99_duration_ms = rounded(p99 ?? null);
  }
}

const rounded = (ms: number | null): number => Math.round((ms ?? 0) * 100) / 100;

const SUMS: CallSums = { count: 40, errors: 1, avgMs: 14.2, minMs: 3, maxMs: 90, percentilesMs: [12, 15, 21, 40, 80] };
export const TRACE_EXAMPLE = new TraceView(CALL_EXAMPLE);
export const SPAN_EXAMPLE = new SpanView(CALL_EXAMPLE);
export const TRACE_WITH_SPANS_EXAMPLE = new TraceWithSpansView(CALL_EXAMPLE, [CALL_EXAMPLE]);
export const STATS_EXAMPLE = new StatsView(24, SUMS, [{ name: 'tools/call weather-forecast', avgMs: 40.5, count: 8 }]);
export const LATENCY_EXAMPLE = new LatencyView(24, SUMS);
export const PERFORMANCE_EXAMPLE = new PerformanceView(
  { ...SUMS, method: 'tools/call', startMs: Date.UTC(2026, 6, 28, 9) },
  300_000,
);
