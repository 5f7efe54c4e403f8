import { Inject, Injectable } from '@nestjs/common';
import type { CallRecord } from '#libs/contracts';
import { meter } from '#libs/telemetry';
import { METRICS_CONFIG, type MetricsConfig } from '../metrics.config.js';

const toolCalls = meter().createCounter('switchyard_tool_calls_total', {
  description: 'Tool calls recorded since this process started, by tool, upstream and outcome as first recorded.',
});
const toolCallDuration = meter().createHistogram('switchyard_tool_call_duration_seconds', {
  description: 'Latency of tool calls that reached an end, by tool and upstream.',
  advice: { explicitBucketBoundaries: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60] },
});
const upstreamCalls = meter().createCounter('switchyard_upstream_calls_total', {
  description: 'Calls of any method recorded since this process started, by upstream, method and outcome.',
});
const upstreamCallDuration = meter().createHistogram('switchyard_upstream_call_duration_seconds', {
  description: 'Latency of calls of any method that reached an end, by upstream.',
  advice: { explicitBucketBoundaries: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60] },
});
const requestBytes = meter().createCounter('switchyard_call_request_bytes_total', {
  description: 'Bytes of recorded requests, by upstream.',
});
const responseBytes = meter().createCounter('switchyard_call_response_bytes_total', {
  description: 'Bytes of recorded answers, by upstream.',
});
const refusedRecords = meter().createCounter('switchyard_call_records_refused_total', {
  description: 'Call records that could not be stored and were kept aside.',
});

const METHODS: ReadonlySet<string> = new Set(['tools/call', 'prompts/get', 'resources/read', 'completion/complete']);
const OTHER = 'other';
const NONE = 'none';

/**
 * What Prometheus sees of calls. Each process counts the rows it was the first to commit, from zero at its start: over
 * all replicas of metrics the sum is exact, and Prometheus copes with restarts. A call that becomes definite after it
 * was recorded as `unknown` is not counted again.
 */
@Injectable()
export class CallInstruments {
  private readonly tools = new Set<string>();
  private readonly upstreams = new Set<string>();

  constructor(@Inject(METRICS_CONFIG) private readonly config: MetricsConfig) {}

  count(record: CallRecord): void {
    if (!this.config.ENABLE_METRICS) return;
    const { outcome } = record;
    const upstream = record.upstreamId === null ? NONE : this.bounded(this.upstreams, record.upstreamId);
    const ended = outcome !== 'unknown' && outcome !== 'refused';
    const seconds = record.latencyMs / 1000;
    const method = METHODS.has(record.method) ? record.method : OTHER;
    upstreamCalls.add(1, { upstream, method, outcome });
    requestBytes.add(record.requestBytes, { upstream });
    responseBytes.add(record.responseBytes, { upstream });
    if (ended) upstreamCallDuration.record(seconds, { upstream });
    if (method !== 'tools/call') return;
    const labels = this.toolLabels(record);
    toolCalls.add(1, { ...labels, outcome });
    if (ended) toolCallDuration.record(seconds, labels);
  }

  refused(): void {
    refusedRecords.add(1);
  }

  /** The name of a tool that no upstream was found for is the client's invention. */
  private toolLabels({ name, upstreamId }: CallRecord): { tool: string; upstream: string } {
    if (upstreamId === null) return { tool: OTHER, upstream: NONE };
    const known = this.bounded(this.tools, `${upstreamId}\0${name}`) !== OTHER;
    return known ? { tool: name, upstream: upstreamId } : { tool: OTHER, upstream: OTHER };
  }

  private bounded(known: Set<string>, value: string): string {
    if (known.has(value)) return value;
    if (known.size >= this.config.METRICS_SERIES_MAX) return OTHER;
    known.add(value);
    return value;
  }
}
