import type { CallRecord } from '#contracts/metrics/record-calls.request';
import type { GatewayError } from '#libs/errors';
import { singleHeaderValue } from '#libs/mcp';
import type { Outbox } from '#libs/outbox';
import { traceIdOf } from '#libs/telemetry';
import type { AdmittedCall, RoutedCall } from '../call/index.js';

const NAME_CHARS_MAX = 255;

/** Failures after which nobody else can say what became of the call. */
const LOST = new Set([
  'bus.responder_lost',
  'bus.disconnected',
  'bus.timed_out',
  'bus.no_responders',
  'bus.too_large',
  'bus.malformed',
  // The owner of a session may be gone, and with it whoever would have written that the call was turned away.
  'upstream.session_lost',
  'mcp.session_unknown',
]);

type KnownFacts = Pick<
  CallRecord,
  'callId' | 'name' | 'upstreamId' | 'outcome' | 'requestBytes' | 'responseBytes' | 'traceId'
>;

/** The records that ingress writes itself: of calls it did not let through, and of calls whose answer got lost. */
export class CallJournal {
  constructor(private readonly outbox: Pick<Outbox, 'settle'>) {}

  refused(call: AdmittedCall, callId: string, error: GatewayError): void {
    const { params } = call.request;
    const name = params.value['name'] ?? params.value['uri'];
    this.write(call, error, {
      callId,
      name: typeof name === 'string' ? name : '',
      upstreamId: null,
      outcome: 'refused',
      requestBytes: Buffer.byteLength(params.text),
      responseBytes: 0,
      traceId: traceIdOf(call.meta.traceparent ?? singleHeaderValue(call.headers ?? {}, 'traceparent')) ?? null,
    });
  }

  /** Of a call that has been answered from what is known here. */
  answered(call: RoutedCall, responseBytes: number): void {
    this.write(call, null, {
      callId: call.outgoing.callId,
      name: call.outgoing.exposedName,
      upstreamId: call.outgoing.upstreamId,
      outcome: 'ok',
      requestBytes: Buffer.byteLength(call.body),
      responseBytes,
      traceId: traceIdOf(call.traceparent) ?? null,
    });
  }

  failed(call: RoutedCall, callId: string, error: GatewayError): void {
    if (!LOST.has(error.code)) return;
    this.write(call, error, {
      callId,
      name: call.outgoing.exposedName,
      upstreamId: call.outgoing.upstreamId,
      outcome: error.executed === 'no' ? 'refused' : 'unknown',
      requestBytes: Buffer.byteLength(call.body),
      responseBytes: 0,
      traceId: traceIdOf(call.traceparent) ?? null,
    });
  }

  private write(call: AdmittedCall, error: GatewayError | null, known: KnownFacts): void {
    this.outbox.settle({
      ...known,
      name: known.name.slice(0, NAME_CHARS_MAX),
      startedAtMs: call.receivedAtMs,
      latencyMs: Date.now() - call.receivedAtMs,
      principalId: call.principal.id,
      tokenId: call.principal.tokenId,
      serverId: call.endpoint.serverId,
      method: call.request.method,
      errorCode: error?.code ?? null,
    });
  }
}
