import type { CallOutcome } from '#libs/contracts';
import type { GatewayError } from '#libs/errors';
import type { Outbox } from '#libs/outbox';
import { traceIdOf } from '#libs/telemetry';
import type { AdmittedCall, BoundCall } from '../calls.js';

const NAME_CHARS_MAX = 255;

/** Failures after which nobody else can say what became of the call. */
const LOST = new Set(['bus.responder_lost', 'bus.disconnected', 'bus.timed_out', 'bus.no_responders', 'bus.too_large', 'bus.malformed']);

/** The records that ingress writes itself: of calls it did not let through, and of calls whose answer got lost. */
export class CallJournal {
  constructor(private readonly outbox: Pick<Outbox, 'settle'>) {}

  refused(call: AdmittedCall, callId: string, error: GatewayError): void {
    const { params } = call.request;
    const name = params.value['name'] ?? params.value['uri'] ?? '';
    this.write(call, callId, typeof name === 'string' ? name : '', null, 'refused', error, undefined, params.text.length);
  }

  failed(call: BoundCall, error: GatewayError): void {
    if (!LOST.has(error.code)) return;
    const outcome = error.executed === 'no' ? 'refused' : 'unknown';
    const { callId, exposedName, upstreamId } = call.routed;
    this.write(call, callId, exposedName, upstreamId, outcome, error, call.traceparent, call.body.length);
  }

  private write(
    call: AdmittedCall,
    callId: string,
    name: string,
    upstreamId: string | null,
    outcome: CallOutcome,
    error: GatewayError,
    traceparent: string | undefined,
    requestBytes: number,
  ): void {
    this.outbox.settle({
      callId,
      startedAtMs: call.receivedAtMs,
      latencyMs: Date.now() - call.receivedAtMs,
      principalId: call.principal.id,
      tokenId: call.principal.tokenId,
      serverId: call.endpoint.serverId,
      method: call.request.method,
      name: name.slice(0, NAME_CHARS_MAX),
      upstreamId,
      outcome,
      errorCode: error.code,
      requestBytes,
      responseBytes: 0,
      traceId: traceIdOf(traceparent ?? call.meta.traceparent) ?? null,
    });
  }
}
