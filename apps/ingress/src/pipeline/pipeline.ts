import { randomUUID } from 'node:crypto';
import { type GatewayError, fail, toGatewayError } from '#libs/errors';
import type { CallShares, TakenShares } from '#libs/identity';
import { UNCOUNTED_BYTES } from '#libs/resilience';
import { type ServerCodec, errorMessage, resultInParts } from '#libs/mcp';
import { refusalHeaders } from '#libs/mcp-http';
import { type Logger, noteFacts, type RequestFacts, traceIdOf, tracedWithin } from '#libs/telemetry';
import type { Admission } from '../admission/index.js';
import {
  ABOUT,
  type AdmittedCall,
  type CallTrace,
  type DecodedCall,
  type RoutedCall,
  type ScopedCall,
  type WireCall,
  enterTrace,
} from '../call/index.js';
import { type CallJournal, type Forwarder, type RefusalJournal, encodeAnswer } from '../forwarding/index.js';
import type { Router } from '../routing/index.js';
import type { Seal } from '../sealing/index.js';
import { type ToolSearch, innerCall, searchRequest } from '../tool-search/index.js';
import type { Answering } from './answering.js';
import { requestAnswered } from './answered.js';
import { decode, presumedCodec } from './decode.js';

const NAME_CHARS_MAX = 255;
const UNCACHED = { ttlMs: 0, cacheScope: 'private' } as const;

export interface PipelineStages {
  readonly admission: Admission;
  readonly shares: CallShares;
  readonly router: Router;
  readonly answering: Answering;
  readonly forwarder: Forwarder;
  readonly journal: CallJournal;
  readonly refusals: RefusalJournal;
  readonly seal: Seal;
  readonly toolSearch: ToolSearch;
  readonly logger: Logger;
  /** Whether each request has a line in the log. */
  readonly logsRequests: boolean;
}

/**
 * The life of a call. The order is law:
 *
 *   decode   first, so that every refusal from here on carries the client's own id, in the client's own revision;
 *   admit    before anything is looked up, so that a stranger never learns which servers and tools there are;
 *   share    from memory, before it costs anything: its caller and the teams of that have places left, or it is refused;
 *   scope    from memory: the catalog of the endpoint, cut to what this caller sees; what needs no upstream is answered;
 *   route    from memory: what this caller does not see is not found, in the same words as what is not there;
 *   forward  hands the call on. Up to here a refusal promises that nothing ran, and HTTP says so;
 *            from here on a failure travels inside HTTP 200, with what is known of the execution;
 *   encode   writes the answer in the revision of the client, whatever the upstream speaks.
 */
export class Pipeline {
  constructor(private readonly stages: PipelineStages) {}

  /** Answers the call; never rejects. */
  async run(wire: WireCall): Promise<void> {
    const { admission, shares, router, answering } = this.stages;
    const startedAtMs = performance.now();
    let errorType = '';
    let codec = presumedCodec(wire);
    let trace: CallTrace | null = null;
    let taken: TakenShares | null = null;
    let principal = '';
    /** What is known of a call that is not through yet, for the record of its refusal. */
    let before: WireCall | DecodedCall | AdmittedCall | null = wire;
    try {
      const decoded = decode(wire);
      before = decoded;
      ({ trace } = decoded);
      wire.reply.correlate(trace.correlationId);
      const { traceparent } = decoded.trace;
      const admitting = tracedWithin(traceparent, () => admission.admit(decoded));
      const admitted = admitting instanceof Promise ? await placeless(wire, admitting) : admitting;
      before = admitted;
      codec = admitted.codec;
      principal = admitted.principal.id;
      taken = shares.enter(admitted.principal, wire.carrier);
      holdRequest(taken, wire);
      const scoping = tracedWithin(traceparent, () => router.scope(admitted));
      const scoped = scoping instanceof Promise ? await scoping : scoping;
      before = null;
      if (scoped.operation.does === 'call') {
        errorType = await this.call(scoped, taken);
        return;
      }
      if (scoped.operation.does === 'listen') {
        // A stream that stays open counts when it is asked for; how many there are has a limit of its own.
        shares.leave(taken);
        taken = null;
      }
      await tracedWithin(traceparent, () => answering.answer(scoped));
    } catch (thrown) {
      errorType = wire.abort.aborted ? 'bus.cancelled' : toGatewayError(thrown).code;
      if (trace === null) {
        trace = enterTrace(null, wire.headers);
        wire.reply.correlate(trace.correlationId);
      }
      if (before !== null && !wire.abort.aborted) this.turnedAway(before, codec, trace, toGatewayError(thrown));
      this.refuse(wire, codec, thrown);
    } finally {
      if (taken !== null) this.leave(taken, wire);
      if (this.stages.logsRequests) noteFacts(wire.carrier, factsOf(wire, trace, principal, errorType));
      const isFound = before === null && !errorType.startsWith('registry.');
      requestAnswered({ wire, codec, trace, startedAtMs, isFound, errorType });
    }
  }

  /** What nobody reads is still in hand, and counts. */
  private leave(taken: TakenShares, { reply }: WireCall): void {
    const { shares } = this.stages;
    const unsent = reply.unsent();
    if (unsent === null) return shares.leave(taken);
    taken.held.set(reply.answerBytes);
    void unsent.then(() => shares.leave(taken));
  }

  /** Answers with what the upstream failed of; '' where it did not. */
  private async call(given: ScopedCall, taken: TakenShares): Promise<string> {
    const { forwarder, seal } = this.stages;
    const scoped = given.catalog.isSearched ? await this.searched(given) : given;
    if (scoped === null) return '';
    const routing = this.route(scoped);
    const routed = routing instanceof Promise ? await routing : routing;
    if (routed.outgoing.method === 'tools/call') this.enterTool(routed, taken);
    try {
      const settled = await forwarder.forward(routed, taken.held);
      const { message, httpStatus } = encodeAnswer(settled, seal);
      scoped.reply.finish(message, httpStatus);
      return settled.answer.head.kind === 'error' ? 'upstream_error' : '';
    } catch (thrown) {
      throw mayHaveRun(thrown);
    }
  }

  /** The call that is meant where tools are searched; null: it was a search, and is answered. */
  private async searched(scoped: ScopedCall): Promise<ScopedCall | null> {
    const { toolSearch, journal } = this.stages;
    try {
      const request = searchRequest(scoped);
      if (request === null) return scoped;
      if (request.tool === 'call_tool') return innerCall(scoped, request);
      const text = await toolSearch.answer(scoped, request);
      const body = JSON.stringify({ content: [{ type: 'text', text }] });
      const result = scoped.codec.callResult('tools/call', { body, meta: undefined, cache: UNCACHED }, ABOUT);
      journal.answeredHere(scoped, randomUUID(), request.tool, Buffer.byteLength(body));
      scoped.reply.finish(resultInParts(scoped.request.idText, result), 200);
      return null;
    } catch (thrown) {
      return this.recorded(scoped, thrown);
    }
  }

  private enterTool(routed: RoutedCall, taken: TakenShares): void {
    try {
      this.stages.shares.enterTool(taken, routed.outgoing.upstreamId, routed.outgoing.target);
    } catch (thrown) {
      this.recorded(routed, thrown);
    }
  }

  /** A call that leads nowhere has its record, too. */
  private route(scoped: ScopedCall): RoutedCall | Promise<RoutedCall> {
    try {
      const routing = this.stages.router.route(scoped);
      return routing instanceof Promise ? routing.catch((thrown: unknown) => this.recorded(scoped, thrown)) : routing;
    } catch (thrown) {
      return this.recorded(scoped, thrown);
    }
  }

  private turnedAway(
    before: WireCall | DecodedCall | AdmittedCall,
    codec: ServerCodec,
    { traceparent, correlationId }: CallTrace,
    error: GatewayError,
  ): void {
    const { carrier, endpoint, receivedAtMs, request } = before;
    const client =
      ('envelope' in before && before.envelope?.info) || ('session' in before && before.session?.client.info) || null;
    this.stages.refusals.turnedAway(
      { carrier, endpoint, receivedAtMs, request, codec, client, traceparent, correlationId },
      error,
    );
  }

  private recorded(scoped: ScopedCall, thrown: unknown): never {
    this.stages.journal.refused(scoped, randomUUID(), toGatewayError(thrown));
    throw thrown;
  }

  private refuse(wire: WireCall, codec: ServerCodec, thrown: unknown): void {
    if (wire.abort.aborted) return wire.reply.abandon();
    const failure = toGatewayError(thrown);
    if (failure.code === 'platform.internal')
      this.stages.logger.error({ err: failure.cause ?? failure, operation: wire.request.method }, 'a call failed');
    const { httpStatus, error } = codec.error(failure);
    wire.reply.finish(errorMessage(wire.request.idText, error), httpStatus, refusalHeaders(failure, httpStatus));
  }
}

/** Until auth has said who it is, it takes nobody's place. What is let in has its own again, or is refused, for nothing else would limit it. */
const placeless = async (wire: WireCall, admitting: Promise<AdmittedCall>): Promise<AdmittedCall> => {
  wire.reply.waits();
  const admitted = await admitting;
  wire.reply.goesOn();
  return admitted;
};

/** Of the request that a line of the log tells of. */
const factsOf = (
  { request }: WireCall,
  trace: CallTrace | null,
  principal: string,
  errorType: string,
): RequestFacts => {
  const { name } = request.params.value;
  const traceId = traceIdOf(trace?.traceparent);
  return {
    operation: request.method.slice(0, NAME_CHARS_MAX),
    ...(trace !== null && { correlationId: trace.correlationId }),
    ...(traceId !== undefined && { traceId }),
    ...(principal !== '' && { principal }),
    ...(request.method === 'tools/call' && typeof name === 'string' && { tool: name.slice(0, NAME_CHARS_MAX) }),
    ...(errorType !== '' && { code: errorType }),
  };
};

/** Throws `http.overloaded` where there is no room for it. */
const holdRequest = ({ held }: TakenShares, { request }: WireCall): void => {
  const chars = request.params.text.length;
  if (chars < UNCOUNTED_BYTES) return;
  if (!held.hasRoom) throw fail('http.overloaded', { message: 'The gateway holds as much as it may', executed: 'no' });
  held.set(chars);
};

/** From the hand-over on, a failure without a name promises nothing. */
const mayHaveRun = (thrown: unknown): unknown => {
  const { code, executed, cause } = toGatewayError(thrown);
  return code === 'platform.internal' && executed === undefined ? fail(code, { executed: 'unknown', cause }) : thrown;
};
