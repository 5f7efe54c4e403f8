import { randomUUID } from 'node:crypto';
import type { CallRecord } from '#contracts/metrics/record-calls.request';
import { clientFactsOf, ruleOf } from '#contracts/metrics/record.rules';
import type { GatewayError } from '#libs/errors';
import { type CallerAdmission, type ClientAddress, type CredentialCarrier, networkOf } from '#libs/identity';
import type { ClientRequest, HeaderBag, ServerCodec } from '#libs/mcp';
import type { Outbox } from '#libs/outbox';
import { meter, traceIdOf } from '#libs/telemetry';
import { type CallTrace, type Endpoint, enterTrace } from '../call/index.js';
import type { RefusalLog } from './refusal-log.js';

/** A request that is turned away before it is known what it would call, as far as it was read. */
export interface TurnedAway {
  readonly carrier: CredentialCarrier;
  readonly endpoint: Endpoint;
  readonly receivedAtMs: number;
  /** `null` where no request was read. */
  readonly request: ClientRequest | null;
  readonly codec: ServerCodec | null;
  /** What the client calls itself. */
  readonly client: Readonly<Record<string, unknown>> | null;
  readonly traceparent: string;
  /** By which its client finds it. */
  readonly correlationId: string;
}

/** How many records are written of those that are turned away, so that a flood of them costs nothing. */
export interface RefusalLimits {
  /** Of one address, or of one user. */
  readonly perMinute: number;
}

const leftOut = meter().createCounter('switchyard_refusal_records_left_out_total', {
  description: 'Requests turned away without a record, because their address or user had enough of them this minute.',
});

const MINUTE_MS = 60_000;
const NAME_CHARS_MAX = 255;
/** Whose refusals are counted apart; those of all others are counted together. */
const SOURCES_MAX = 5_000;
const OTHERS = 'others';
/** In the place of a method that MCP does not have, which its client made up. */
const OTHER_METHOD = 'other';

/**
 * The records of what is refused before and at admission, by whom as far as that is known. So many a minute of one user,
 * or one network of addresses; what comes beyond is counted alone.
 */
export class RefusalJournal {
  private readonly written = new Map<string, number>();
  private minute = 0;

  constructor(
    private readonly outbox: Pick<Outbox, 'settle'>,
    private readonly callers: Pick<CallerAdmission, 'lastKnown'>,
    private readonly addressOf: ClientAddress,
    private readonly told: Pick<RefusalLog, 'refused'>,
    private readonly limits: RefusalLimits,
  ) {}

  turnedAway(refused: TurnedAway, error: GatewayError): void {
    const { carrier, endpoint, receivedAtMs, request, codec, client } = refused;
    const address = this.addressOf(carrier);
    const principal = this.callers.lastKnown(carrier);
    if (!this.hasRoom(principal?.id ?? networkOf(address))) return leftOut.add(1);
    const record: CallRecord = {
      callId: randomUUID(),
      startedAtMs: receivedAtMs,
      latencyMs: Date.now() - receivedAtMs,
      principalId: principal?.id ?? '',
      tokenId: principal?.tokenId ?? null,
      serverId: endpoint.serverId,
      ...(request === null ? UNREAD : askedFor(request, codec)),
      upstreamId: null,
      outcome: 'refused',
      errorCode: error.code,
      responseBytes: 0,
      traceId: traceIdOf(refused.traceparent) ?? null,
      ...clientFactsOf(client),
      address: address === '' ? null : address,
      revision: client === null ? null : (codec?.revision ?? null),
      upstreamRevision: null,
      waitedMs: 0,
      upstreamMs: 0,
      rule: ruleOf(error),
    };
    this.outbox.settle(record);
    this.told.refused(record, refused.correlationId);
  }

  /** Of a request that was not read. */
  unread(carrier: CredentialCarrier, endpoint: Endpoint, error: GatewayError, trace?: CallTrace): void {
    const nothing = { request: null, codec: null, client: null };
    const { traceparent, correlationId } =
      trace ?? enterTrace(null, (carrier.headers as HeaderBag | undefined) ?? null);
    this.turnedAway({ ...nothing, carrier, endpoint, receivedAtMs: Date.now(), traceparent, correlationId }, error);
  }

  private hasRoom(source: string): boolean {
    const minute = Math.floor(Date.now() / MINUTE_MS);
    if (minute !== this.minute) {
      this.minute = minute;
      this.written.clear();
    }
    const key = this.written.has(source) || this.written.size < SOURCES_MAX ? source : OTHERS;
    const count = this.written.get(key) ?? 0;
    if (count >= this.limits.perMinute) return false;
    this.written.set(key, count + 1);
    return true;
  }
}

type AskedFor = Pick<CallRecord, 'method' | 'name' | 'requestBytes'>;

const UNREAD: AskedFor = { method: '', name: '', requestBytes: 0 };

const askedFor = ({ method, params }: ClientRequest, codec: ServerCodec | null): AskedFor => {
  const requestBytes = Buffer.byteLength(params.text);
  if (codec?.operations.has(method) !== true)
    return { method: OTHER_METHOD, name: method.slice(0, NAME_CHARS_MAX), requestBytes };
  const name = params.value['name'] ?? params.value['uri'];
  return { method, name: typeof name === 'string' ? name.slice(0, NAME_CHARS_MAX) : '', requestBytes };
};
