import type { CallRecord } from '#contracts/metrics/record-calls.request';
import { clientFactsOf, ruleOf } from '#contracts/metrics/record.rules';
import type { GatewayError } from '#libs/errors';
import type { ClientAddress } from '#libs/identity';
import type { Outbox } from '#libs/outbox';
import { traceIdOf } from '#libs/telemetry';
import type { AdmittedCall, RoutedCall } from '../call/index.js';
import type { RefusalLog } from './refusal-log.js';

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
  'callId' | 'startedAtMs' | 'name' | 'upstreamId' | 'outcome' | 'requestBytes' | 'responseBytes' | 'traceId'
>;

/** The records that ingress writes itself: of calls it did not let through, and of calls whose answer got lost. */
export class CallJournal {
  constructor(
    private readonly outbox: Pick<Outbox, 'settle'>,
    private readonly addressOf: ClientAddress,
    private readonly told: RefusalLog,
  ) {}

  refused(call: AdmittedCall, callId: string, error: GatewayError): void {
    const { params } = call.request;
    const name = params.value['name'] ?? params.value['uri'];
    this.write(call, error, {
      callId,
      startedAtMs: call.receivedAtMs,
      name: typeof name === 'string' ? name : '',
      upstreamId: null,
      outcome: 'refused',
      requestBytes: Buffer.byteLength(params.text),
      responseBytes: 0,
      traceId: traceIdOf(call.trace.traceparent) ?? null,
    });
  }

  /** Of a call that has been answered from what is known here. */
  answered(call: RoutedCall, responseBytes: number): void {
    this.write(call, null, {
      callId: call.outgoing.callId,
      startedAtMs: call.receivedAtMs,
      name: call.outgoing.exposedName,
      upstreamId: call.outgoing.upstreamId,
      outcome: 'ok',
      requestBytes: Buffer.byteLength(call.body),
      responseBytes,
      traceId: traceIdOf(call.trace.traceparent) ?? null,
    });
  }

  /** Of a call that no upstream has a part in. */
  answeredHere(call: AdmittedCall, callId: string, name: string, responseBytes: number): void {
    this.write(call, null, {
      callId,
      startedAtMs: call.receivedAtMs,
      name,
      upstreamId: null,
      outcome: 'ok',
      requestBytes: Buffer.byteLength(call.request.params.text),
      responseBytes,
      traceId: traceIdOf(call.trace.traceparent) ?? null,
    });
  }

  failed(call: RoutedCall, callId: string, error: GatewayError): void {
    if (!LOST.has(error.code)) return;
    this.write(call, error, {
      callId,
      startedAtMs: call.startedAtMs,
      name: call.outgoing.exposedName,
      upstreamId: call.outgoing.upstreamId,
      outcome: error.executed === 'no' ? 'refused' : 'unknown',
      requestBytes: Buffer.byteLength(call.body),
      responseBytes: 0,
      traceId: traceIdOf(call.trace.traceparent) ?? null,
    });
  }

  private write(call: AdmittedCall, error: GatewayError | null, known: KnownFacts): void {
    const address = this.addressOf(call.carrier);
    const record: CallRecord = {
      ...known,
      name: known.name.slice(0, NAME_CHARS_MAX),
      latencyMs: Date.now() - known.startedAtMs,
      principalId: call.principal.id,
      tokenId: call.principal.tokenId,
      serverId: call.endpoint.serverId,
      method: call.request.method,
      errorCode: error?.code ?? null,
      ...clientFactsOf(call.envelope?.info ?? call.session?.client.info ?? null),
      address: address === '' ? null : address,
      revision: call.codec.revision,
      upstreamRevision: null,
      waitedMs: 0,
      upstreamMs: 0,
      rule: error === null ? null : ruleOf(error),
    };
    this.outbox.settle(record);
    if (record.outcome === 'refused') this.told.refused(record, call.trace.correlationId);
  }
}
