import { Injectable } from '@nestjs/common';
import type { Principal } from '#contracts/auth/principal';
import { CALL_OUTCOMES } from '#contracts/metrics/record-calls.request';
import { fail } from '#libs/errors';
import { filterOf, visibleTo } from '../call-log/call-filter.js';
import { type CallFilter, CallLogRepository } from '../call-log/call-log.repository.js';
import { CallView } from '../call-log/call.view.js';
import { type CallsOf, CallSumsRepository } from './call-sums.repository.js';
import type { PerformanceQuery, SpansQuery, TracesQuery, WindowQuery } from './observability.query.js';
import {
  LatencyView,
  PerformanceView,
  SpanView,
  StatsView,
  TraceView,
  TraceWithSpansView,
  methodOf,
} from './observability.view.js';

const HOUR_MS = 3_600_000;
const WINDOW_MS = { '5m': 300_000, '24h': 24 * HOUR_MS } as const;
const WINDOWS_MAX = 10_000;
/** Calls of one trace that are shown. */
const SPANS_MAX = 1_000;
const SLOWEST_MAX = 10;
const FAILED = CALL_OUTCOMES.filter((outcome) => outcome !== 'ok');

/** What the routes of ContextForge for traces ask, answered from the records of the calls that a caller sees. */
@Injectable()
export class ObservabilityService {
  constructor(
    private readonly calls: CallLogRepository,
    private readonly callSums: CallSumsRepository,
  ) {}

  /** Throws `auth.grant_missing` for the calls of a user that the caller does not see. */
  async traces({ status, userEmail, ...query }: TracesQuery, caller: Principal): Promise<TraceView[]> {
    const filter = {
      ...filterOf({ ...timesOf(query), ...(userEmail !== undefined && { user: userEmail }) }, caller),
      latencyMsMin: query.minDurationMs,
      latencyMsMax: query.maxDurationMs,
      ...(status !== undefined && { outcomes: status === 'ok' ? (['ok'] as const) : FAILED }),
    };
    return (await this.find(filter, query)).map((call) => new TraceView(call));
  }

  /** Throws `http.not_found` where the caller sees no call of it. */
  async trace(traceId: string, caller: Principal): Promise<TraceWithSpansView> {
    const rows = await this.calls.find({ ...visibleTo(caller), traceId }, SPANS_MAX, null);
    // One that was in no trace goes by its own id.
    const [one] = rows.length > 0 ? [null] : [await this.calls.one(traceId, visibleTo(caller))];
    const calls = (one === null ? rows : [one]).map((row) => new CallView(row)).toReversed();
    const [first] = calls;
    if (first === undefined) throw fail('http.not_found');
    return new TraceWithSpansView(first, calls);
  }

  async spans({ traceId, resourceType, resourceName, ...query }: SpansQuery, caller: Principal): Promise<SpanView[]> {
    const filter = {
      ...filterOf(timesOf(query), caller),
      traceId,
      name: resourceName,
      ...(resourceType !== undefined && { method: methodOf(resourceType) }),
    };
    return (await this.find(filter, query)).map((call) => new SpanView(call));
  }

  async stats({ hours }: WindowQuery, caller: Principal): Promise<StatsView> {
    const [all, ...slowest] = await this.callSums.slowest(within(hours, caller), SLOWEST_MAX);
    if (all === undefined) throw new Error('a sum without a row');
    return new StatsView(hours, all, slowest);
  }

  async latency({ hours }: WindowQuery, caller: Principal): Promise<LatencyView> {
    return new LatencyView(hours, await this.callSums.sums(within(hours, caller)));
  }

  async performance(
    { operation, hours, aggregation }: PerformanceQuery,
    caller: Principal,
  ): Promise<PerformanceView[]> {
    const of = { ...within(hours, caller), ...(operation !== undefined && { method: operation }) };
    const windows = await this.callSums.windows(of, WINDOW_MS[aggregation], WINDOWS_MAX);
    return windows.map((window) => new PerformanceView(window, WINDOW_MS[aggregation]));
  }

  private async find(filter: CallFilter, { limit, offset }: { limit: number; offset: number }): Promise<CallView[]> {
    return (await this.calls.find(filter, limit, null, offset)).map((row) => new CallView(row));
  }
}

const timesOf = ({ startTime, endTime }: Pick<TracesQuery, 'startTime' | 'endTime'>) => ({
  ...(startTime !== undefined && { since: startTime }),
  ...(endTime !== undefined && { until: endTime }),
});

const within = (hours: number, caller: Principal): CallsOf => ({
  ...visibleTo(caller),
  sinceMs: Date.now() - hours * HOUR_MS,
});
