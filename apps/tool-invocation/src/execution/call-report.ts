import type { GatewayError } from '#libs/errors';
import type { CallOutcome, CallRecord } from '#contracts/metrics/record-calls.request';
import type { UpstreamCall } from '#contracts/tool-invocation/execute-call.request';
import { clientFactsOf, ruleOf } from '#contracts/metrics/record.rules';
import type { Outbox } from '#libs/outbox';
import { upstreamDurations } from './instruments.js';
import { isTraced, traceIdOf } from '#libs/telemetry';
import type { Upstream } from '../upstreams/upstream.js';
import type { CallLog } from './call-log.js';
import { clientSpanEnded } from './client-span.js';

const REFUSED = new Set<string>(['upstream.busy', 'upstream.breaker_open', 'upstream.refused', 'platform.not_ready']);

/** What is not known when the call begins is written into the record when it is. */
type Settling = { -readonly [Key in keyof CallRecord]: CallRecord[Key] };

/** One call's record: begun before anything is sent, settled once whatever happens. */
export class CallReport {
  private readonly startedMs = performance.now();
  private readonly record: Settling;
  private begun: ReturnType<Outbox['begin']>;
  private waitingSinceMs: number;
  /** Since the upstream has the call; 0: it has not. */
  private sentAtMs = 0;
  private firstSentAtMs = 0;
  private upstream: Upstream | undefined;
  private settled = false;

  constructor(
    private readonly outbox: Pick<Outbox, 'begin' | 'settle'>,
    private readonly call: UpstreamCall,
    requestBytes: number,
    private readonly trace: { readonly traceparent: string; readonly parent: string | undefined },
    private readonly told: CallLog,
  ) {
    this.waitingSinceMs = this.startedMs;
    const { clientName, clientVersion } = clientFactsOf(call.client.info);
    this.record = {
      callId: call.callId,
      startedAtMs: call.receivedAtMs,
      latencyMs: 0,
      principalId: call.principal.id,
      tokenId: call.principal.tokenId,
      serverId: call.serverId,
      method: call.method,
      name: call.exposedName,
      upstreamId: call.upstreamId,
      outcome: 'unknown',
      errorCode: null,
      requestBytes,
      responseBytes: 0,
      traceId: traceIdOf(trace.traceparent) ?? null,
      clientName,
      clientVersion,
      address: call.address ?? null,
      revision: call.client.revision,
      upstreamRevision: null,
      waitedMs: 0,
      upstreamMs: 0,
      rule: null,
    };
  }

  /** It asks for a place at the upstream. */
  waits(nowMs: number, upstream: Upstream): void {
    this.upstream = upstream;
    this.waitingSinceMs = nowMs;
  }

  /** It has its place. */
  entered(nowMs: number): void {
    this.record.waitedMs += nowMs - this.waitingSinceMs;
  }

  /** It goes to the upstream, in this revision. */
  sent(revision: string): void {
    this.record.upstreamRevision = revision;
    this.sentAtMs = performance.now();
    if (this.firstSentAtMs === 0) this.firstSentAtMs = this.sentAtMs;
  }

  /** The upstream has answered, has asked something in return, or will not answer. */
  left(): void {
    if (this.sentAtMs === 0) return;
    this.record.upstreamMs += performance.now() - this.sentAtMs;
    this.sentAtMs = 0;
  }

  /** The upstream has it again, with what it asked for. */
  resumed(): void {
    this.sentAtMs = performance.now();
  }

  /** Calls `go` once the begun record is on disk, `refuse` when the disk does not take it. */
  begin(go: () => void, refuse: () => void): void {
    this.begun = this.outbox.begin(this.record, go, refuse);
  }

  answered(
    outcome: Extract<CallOutcome, 'ok' | 'tool_error' | 'error'>,
    responseBytes: number,
    errorCode: string | null,
  ): void {
    this.settle(outcome, responseBytes, errorCode, null);
  }

  failed(error: GatewayError): void {
    const outcome = error.code === 'bus.cancelled' ? 'cancelled' : REFUSED.has(error.code) ? 'refused' : 'error';
    this.settle(outcome, 0, error.code, ruleOf(error));
  }

  private settle(outcome: CallOutcome, responseBytes: number, errorCode: string | null, rule: string | null): void {
    if (this.settled) return;
    this.settled = true;
    this.left();
    const { record } = this;
    // The same object: what has begun is of no more use to anybody, and a copy of each record shows in the collector.
    record.outcome = outcome;
    record.responseBytes = responseBytes;
    record.errorCode = errorCode;
    record.rule = rule;
    record.latencyMs = thousandths(performance.now() - this.startedMs);
    record.waitedMs = thousandths(record.waitedMs);
    record.upstreamMs = thousandths(record.upstreamMs);
    const errorType = errorTypeOf(outcome, errorCode);
    const startedAtMs = this.firstSentAtMs || this.startedMs;
    const isExported = isTraced(this.trace.traceparent, startedAtMs, errorType);
    // What did not get so far says nothing of the upstream.
    if (record.upstreamRevision !== null) {
      const traceId = isExported ? (record.traceId ?? undefined) : undefined;
      upstreamDurations.record(record.upstreamMs / 1_000, record.method, record.upstreamId ?? '', errorType, traceId);
    }
    if (isExported) clientSpanEnded(this.call, record, { ...this.trace, startedAtMs, errorType }, this.upstream);
    this.told.settled(this.call, record, this.upstream);
    this.outbox.settle(record, this.begun);
  }
}

/** Bounded: what code an upstream's own errors have is left to it. */
const errorTypeOf = (outcome: CallOutcome, errorCode: string | null): string => {
  if (outcome === 'ok') return '';
  if (outcome === 'tool_error') return outcome;
  return errorCode === null || /^-?\d/.test(errorCode) ? 'upstream_error' : errorCode;
};

const thousandths = (ms: number): number => Math.round(ms * 1_000) / 1_000;
