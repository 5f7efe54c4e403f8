import { Inject, Injectable } from '@nestjs/common';
import type { CallOutcome } from '#contracts/metrics/record-calls.request';
import { type DurationSeries, durationHistogram, meter } from '#libs/telemetry';
import { type CallColumns, valuesOf } from './call-columns.js';
import { type MetricsSettings, SETTINGS } from '../metrics.settings.js';

/** In seconds. */
const LATENCY_BOUNDARIES = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

const toolCalls = meter().createCounter('switchyard_tool_calls_total', {
  description: 'Tool calls recorded since this process started, by tool, upstream and outcome as first recorded.',
});
const toolCallDuration = durationHistogram(
  'switchyard_tool_call_duration_seconds',
  'Latency of tool calls that reached an end, by tool and upstream.',
  LATENCY_BOUNDARIES,
);
const upstreamCalls = meter().createCounter('switchyard_upstream_calls_total', {
  description: 'Calls of any method recorded since this process started, by upstream, method and outcome.',
});
const upstreamCallDuration = durationHistogram(
  'switchyard_upstream_call_duration_seconds',
  'Latency of calls of any method that reached an end, by upstream.',
  LATENCY_BOUNDARIES,
);
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
const COUNTED = [
  'callId',
  'method',
  'name',
  'upstreamId',
  'outcome',
  'latencyMs',
  'requestBytes',
  'responseBytes',
] as const;
const OTHER = 'other';
const NONE = 'none';

interface Labels {
  readonly method: string;
  readonly ofUpstream: { readonly upstream: string };
  /** For tool calls. */
  readonly ofTool: { readonly tool: string; readonly upstream: string } | null;
}

/** Calls of a batch that have all labels in common. */
interface Sum extends Labels {
  readonly outcome: CallOutcome;
  calls: number;
  sent: number;
  received: number;
  /** Those that its latencies go into. */
  readonly durations: readonly DurationSeries[];
}

/**
 * What Prometheus sees of calls. Each process counts the rows it was the first to commit, from zero at its start: over
 * all replicas of metrics the sum is exact, and Prometheus copes with restarts. A call that becomes definite after it
 * was recorded as `unknown` is not counted again.
 */
@Injectable()
export class CallInstruments {
  private readonly tools = new Set<string>();
  private readonly upstreams = new Set<string>();

  constructor(@Inject(SETTINGS) private readonly settings: MetricsSettings) {}

  /** Counts a batch that was committed, but for what had been before. */
  count(columns: CallColumns, known: ReadonlySet<string>): void {
    if (!this.settings.isPrometheusServed) return;
    const {
      callId,
      method,
      name,
      upstreamId,
      outcome,
      latencyMs,
      requestBytes: sent,
      responseBytes: received,
    } = valuesOf(columns, COUNTED);
    const sums = new Map<string, Sum>();
    for (const [at, id] of callId.entries()) {
      if (known.has(id)) continue;
      const key = `${outcome[at]}\n${method[at]}\n${upstreamId[at] ?? ''}\n${name[at]}`;
      let sum = sums.get(key);
      if (sum === undefined) {
        const labels = this.labelsOf(method[at] ?? '', name[at] ?? '', upstreamId[at] ?? null);
        sum = {
          ...labels,
          outcome: outcome[at] ?? 'unknown',
          durations: durationsOf(labels, outcome[at] ?? 'unknown'),
          calls: 0,
          sent: 0,
          received: 0,
        };
        sums.set(key, sum);
      }
      sum.calls += 1;
      sum.sent += sent[at] ?? 0;
      sum.received += received[at] ?? 0;
      for (const series of sum.durations) series.record((latencyMs[at] ?? 0) / 1000);
    }
    for (const sum of sums.values()) add(sum);
  }

  refused(): void {
    refusedRecords.add(1);
  }

  private labelsOf(method: string, name: string, upstreamId: string | null): Labels {
    const upstream = upstreamId === null ? NONE : this.bounded(this.upstreams, upstreamId);
    const ofTool = method === 'tools/call' ? this.toolLabels(name, upstreamId) : null;
    return { method: METHODS.has(method) ? method : OTHER, ofUpstream: { upstream }, ofTool };
  }

  /** The name of a tool that no upstream was found for is the client's invention. */
  private toolLabels(name: string, upstreamId: string | null): { tool: string; upstream: string } {
    if (upstreamId === null) return { tool: OTHER, upstream: NONE };
    const known = this.bounded(this.tools, `${upstreamId}\n${name}`) !== OTHER;
    return known ? { tool: name, upstream: upstreamId } : { tool: OTHER, upstream: OTHER };
  }

  private bounded(known: Set<string>, value: string): string {
    if (known.has(value)) return value;
    if (known.size >= this.settings.seriesMax) return OTHER;
    known.add(value);
    return value;
  }
}

/** Calls that reached no end were not timed. */
const durationsOf = ({ ofUpstream, ofTool }: Labels, outcome: CallOutcome): DurationSeries[] => {
  switch (outcome) {
    case 'unknown':
    case 'refused':
      return [];
    case 'ok':
    case 'tool_error':
    case 'error':
    case 'cancelled': {
      const ofAll = upstreamCallDuration.of(ofUpstream);
      return ofTool === null ? [ofAll] : [ofAll, toolCallDuration.of(ofTool)];
    }
  }
};

const add = ({ method, outcome, ofUpstream, ofTool, calls, sent, received }: Sum): void => {
  upstreamCalls.add(calls, { ...ofUpstream, method, outcome });
  requestBytes.add(sent, ofUpstream);
  responseBytes.add(received, ofUpstream);
  if (ofTool !== null) toolCalls.add(calls, { ...ofTool, outcome });
};
