import type { CallRecord } from '#contracts/metrics/record-calls.request';
import type { UpstreamCall } from '#contracts/tool-invocation/execute-call.request';
import { LineBudget, type Logger } from '#libs/telemetry';
import type { Upstream } from '../upstreams/upstream.js';

const LINES_PER_MINUTE = 100;

/** Tells the log of calls that an operator wants to see: those that were slow, and those that were refused here. */
export class CallLog {
  private readonly budget = new LineBudget(LINES_PER_MINUTE);

  /** `slowMs`: what waiting and the upstream may take together; 0: nothing is slow. */
  constructor(
    private readonly logger: Logger,
    private readonly slowMs: number,
  ) {}

  settled(call: UpstreamCall, record: CallRecord, upstream: Upstream | undefined): void {
    const isSlow = this.slowMs > 0 && record.waitedMs + record.upstreamMs >= this.slowMs;
    if (isSlow || record.outcome === 'refused') this.tell(call, record, upstream, isSlow);
  }

  private tell(call: UpstreamCall, record: CallRecord, upstream: Upstream | undefined, isSlow: boolean): void {
    const untold = this.budget.take();
    if (untold === null) return;
    const { method, exposedName, principal, upstreamId } = call;
    const { traceId, errorCode, rule } = record;
    this.logger.info(
      {
        correlationId: call.correlationId ?? traceId,
        traceId,
        ...(principal.id !== '' && { principal: principal.id }),
        operation: method,
        ...(method === 'tools/call' && { tool: exposedName }),
        upstreamId,
        ...(upstream !== undefined && { upstream: upstream.profile.name }),
        ...(errorCode !== null && { code: errorCode }),
        ...(rule !== null && { rule }),
        ms: record.latencyMs,
        waitedMs: record.waitedMs,
        upstreamMs: record.upstreamMs,
        ...(untold > 0 && { untold }),
      },
      isSlow ? 'a call was slow' : 'a request was refused',
    );
  }
}
