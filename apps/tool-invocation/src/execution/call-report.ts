import type { GatewayError } from '#libs/errors';
import type { CallOutcome, CallRecord } from '#contracts/metrics/record-calls.request';
import type { UpstreamCall } from '#contracts/tool-invocation/execute-call.request';
import type { Outbox } from '#libs/outbox';
import { traceIdOf } from '#libs/telemetry';

const REFUSED = new Set<string>(['upstream.busy', 'upstream.breaker_open', 'upstream.refused', 'platform.not_ready']);

/** What is not known before the end is written into the record then. */
type Settling = { -readonly [Key in keyof CallRecord]: CallRecord[Key] };

/** One call's record: begun before anything is sent, settled once whatever happens. */
export class CallReport {
  private readonly startedMs = performance.now();
  private readonly record: Settling;
  private begun: ReturnType<Outbox['begin']>;
  private settled = false;

  constructor(
    private readonly outbox: Pick<Outbox, 'begin' | 'settle'>,
    call: UpstreamCall,
    requestBytes: number,
    traceparent: string,
  ) {
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
      traceId: traceIdOf(traceparent) ?? null,
    };
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
    this.settle(outcome, responseBytes, errorCode);
  }

  failed(error: GatewayError): void {
    const outcome = error.code === 'bus.cancelled' ? 'cancelled' : REFUSED.has(error.code) ? 'refused' : 'error';
    this.settle(outcome, 0, error.code);
  }

  private settle(outcome: CallOutcome, responseBytes: number, errorCode: string | null): void {
    if (this.settled) return;
    this.settled = true;
    const { record } = this;
    // The same object: what has begun is of no more use to anybody, and a copy of each record shows in the collector.
    record.outcome = outcome;
    record.responseBytes = responseBytes;
    record.errorCode = errorCode;
    record.latencyMs = Math.round((performance.now() - this.startedMs) * 1_000) / 1_000;
    this.outbox.settle(record, this.begun);
  }
}
