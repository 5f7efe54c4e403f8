import type { GatewayError } from '#libs/errors';
import type { CallAnswer, CallFrame, LogLevel, UpstreamCall } from '#contracts/tool-invocation/execute-call.request';
import { type CarriedJson, isAtLeast } from '#libs/mcp';
import { type Claim, bytesHeld, heldBytes } from '#libs/resilience';
import { FramePump } from './frame-pump.js';
import type { ServerRequest } from './server-request.js';

/** What a call has come to: its answer, or requests that its client has to answer before it goes on. */
export type Step =
  | { readonly kind: 'ended'; readonly answer: CallAnswer; readonly body: CarriedJson | undefined }
  | { readonly kind: 'server-requests'; readonly requests: readonly ServerRequest[] };

/** What may be read of a call by the side that speaks to the upstream. */
export interface CallTerms {
  readonly call: UpstreamCall;
  readonly paramsText: string;
  readonly traceparent: string;
}

/** What works on a call at the upstream's side. */
export interface UpstreamSide {
  /** Stops the work and notifies the upstream. */
  cancel(reason: string): void;
}

/** An upstream may send several requests at once; they go to the client together. */
const COLLECTING_MS = 15;
const SERVER_REQUESTS_MAX = 32;

/** Why a request that no client has seen yet is refused. */
export const CALL_HAS_ENDED = 'The call has ended';

/** A call under way. The conversation with the upstream feeds it; execution waits for its steps. */
export class OpenCall implements CallTerms {
  readonly frames = new FramePump();
  /** What the process holds for it: its request, then its answer. */
  readonly held: Claim;
  /**
   * Set while an upstream works on it. An object, not a closure, here as in `Exchange`: with closures 3 KB more per call
   * were measured to reach the old generation. Why is not known.
   */
  upstreamSide: UpstreamSide | undefined;
  /** What carries the present attempt; knows whether it left. */
  carrier: { readonly executed: 'no' | 'unknown' } | undefined;
  logLevel: LogLevel | undefined;
  wantsProgress: boolean;
  /** The upstream gave a sign of life since the call began. */
  heard = false;
  /** When it is given up, by `performance.now()`. */
  deadlineAtMs = 0;
  /** How often it was made ready for another attempt. */
  repeats = 0;
  /** Its client has been sent to the URLs that the upstream wants visited first. It is sent once. */
  wasSentToUrls = false;
  /** The tool said that it failed. */
  isToolError = false;
  private requests: ServerRequest[] = [];
  private requestCount = 0;
  private collecting: NodeJS.Timeout | undefined;
  private end: Extract<Step, { kind: 'ended' }> | GatewayError | undefined;
  private waiter: { resolve: (step: Step) => void; reject: (error: GatewayError) => void } | undefined;

  constructor(
    readonly call: UpstreamCall,
    readonly paramsText: string,
    readonly traceparent: string,
  ) {
    this.logLevel = call.logLevel;
    this.wantsProgress = call.wantsProgress;
    this.held = heldBytes.claim(call.principal.id);
  }

  get executed(): 'no' | 'unknown' {
    return this.carrier?.executed ?? 'no';
  }

  get ended(): boolean {
    return this.end !== undefined;
  }

  /** Resolves with the next step; rejects with the failure of the call. One waiter at a time. */
  next(): Promise<Step> {
    return new Promise((resolve, reject) => {
      this.waiter = { resolve, reject };
      if (this.end !== undefined) this.wake();
      else if (this.requests.length > 0) this.collect();
    });
  }

  /** Makes the call ready for another attempt. */
  rearm(): void {
    this.repeats++;
    this.held.stopWaiting();
    this.held.set(bytesHeld(this.paramsText));
    this.end = undefined;
    this.upstreamSide = undefined;
    this.carrier = undefined;
  }

  answer(answer: CallAnswer, body?: CarriedJson, isToolError = false): void {
    this.isToolError = isToolError;
    this.settle({ kind: 'ended', answer, body });
  }

  fail(error: GatewayError): void {
    this.settle(error);
  }

  progress(frame: CallFrame): void {
    if (this.wantsProgress && this.end === undefined) this.frames.offer(frame);
  }

  log(frame: Extract<CallFrame, { kind: 'log' }>): void {
    if (this.logLevel === undefined || this.end !== undefined) return;
    if (isAtLeast(frame.level, this.logLevel)) this.frames.offer(frame);
  }

  /** A notification of the upstream's own. */
  other(frame: Extract<CallFrame, { kind: 'notification' }>): void {
    if (this.end === undefined) this.frames.offer(frame);
  }

  /** What its client was sent to a URL for is done. */
  elicitationComplete(elicitationId: string): void {
    if (this.end === undefined) this.frames.offer({ kind: 'elicitation-complete', elicitationId });
  }

  /** Says that nothing will come for so long. */
  postpone(afterMs: number): void {
    if (this.end === undefined) this.frames.offer({ kind: 'later', afterMs });
  }

  /** Says that it waits for its turn. */
  waits(): void {
    if (this.repeats === 0) this.frames.offer({ kind: 'waits' });
  }

  /** Takes a request of the upstream, or refuses it at once. */
  serverRequest(request: Omit<ServerRequest, 'key'>): void {
    if (this.end !== undefined) return request.refuse(CALL_HAS_ENDED);
    if (this.requests.length >= SERVER_REQUESTS_MAX) return request.refuse('Too many questions at once');
    this.requests.push({ ...request, key: `input_${++this.requestCount}` });
    if (this.waiter !== undefined) this.collect();
  }

  /** Ends the call from the gateway's side and notifies the upstream. */
  cancel(error: GatewayError, reason: string): void {
    if (this.end !== undefined) return;
    this.upstreamSide?.cancel(reason);
    this.settle(error);
  }

  private collect(): void {
    this.collecting ??= setTimeout(() => {
      this.collecting = undefined;
      if (this.waiter !== undefined && this.end === undefined) this.wake();
    }, COLLECTING_MS);
  }

  private settle(end: Extract<Step, { kind: 'ended' }> | GatewayError): void {
    if (this.end !== undefined) return;
    this.end = end;
    this.upstreamSide = undefined;
    for (const request of this.requests) request.refuse(CALL_HAS_ENDED);
    if (this.requests.length > 0) this.requests = [];
    if (this.collecting !== undefined) clearTimeout(this.collecting);
    this.collecting = undefined;
    this.wake();
  }

  private wake(): void {
    const { waiter, end } = this;
    if (waiter === undefined) return;
    this.waiter = undefined;
    if (end === undefined) {
      const { requests } = this;
      this.requests = [];
      waiter.resolve({ kind: 'server-requests', requests });
    } else if (end instanceof Error) waiter.reject(end);
    else waiter.resolve(end);
  }
}
