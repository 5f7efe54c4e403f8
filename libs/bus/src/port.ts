import type { AnyEvent, AnyRequest, AnySignal, FrameOf, PayloadOf, ReplyOf, RequestOf } from '#libs/contracts';

/**
 * How services talk. Two adapters, `nats/` and `local/`, behave alike; `bus.contract.spec.ts` holds them to it.
 *
 * Every message is a head and perhaps a body. The head is JSON, typed by its contract, copied on the way (nobody shares
 * an object across the bus, save where the contract says so). The body is text that is carried as it is and parsed by
 * nobody in between. That of an answer may be bytes instead: it arrives as what it was given as.
 */
export interface Message<Head> {
  readonly head: Head;
  readonly body?: string | undefined;
}

/** Text, or bytes that nobody changes any more. */
export type Body = string | Buffer;

/** A listener as an `AbortSignal` takes it. */
export type AbortListener = (() => void) | { handleEvent(): void };

/** What an ask needs of an `AbortSignal`. */
export interface Abortable {
  readonly aborted: boolean;
  addEventListener(type: 'abort', listener: AbortListener): void;
  removeEventListener(type: 'abort', listener: AbortListener): void;
}

/** What an answer that comes in parts is counted as, so that it comes no faster than there is room. See `HeldBytes`. */
export interface Holds {
  readonly hasRoom: boolean;
  add(bytes: number): void;
  whenRoom(resume: () => void): void;
  stopWaiting(): void;
}

/** What goes with a request besides its head; a time in milliseconds. */
export interface AskOptions<Frame> {
  readonly body?: string | undefined;
  /** How long the answer may take. The answerer drops what is too late before it acts. Default: the contract's `deadlineMs`. */
  readonly timeoutMs?: number | undefined;
  /** Ends the wait with `bus.cancelled` and aborts the handler's `signal`. */
  readonly signal?: Abortable | undefined;
  /** Asks this instance alone instead of any one of the owner's. */
  readonly instance?: string | undefined;
  readonly callId?: string | undefined;
  readonly traceparent?: string | undefined;
  /** Counts what has come of an answer; the answerer is held back while there is no room. The asker gives it back. */
  readonly holds?: Holds | undefined;
  /** Receives what comes before the answer, in order; while its promise is pending the sender is held back. */
  readonly onFrame?: ((frame: Message<Frame>) => void | Promise<void>) | undefined;
}

/** What an ask resolves to. */
export interface Answer<Reply> {
  readonly head: Reply;
  readonly body?: Body | undefined;
  /** The instance that answered. */
  readonly instance: string;
}

/** What a handler knows of the call it answers. */
export interface CallContext<Frame = never> {
  readonly callId: string;
  /** By this process' `performance.now()`: no clock that can be set has a say in it. */
  readonly deadlineAtMs: number;
  /** Aborts when the asker cancels, goes away, or the deadline passes. */
  readonly signal: AbortSignal;
  readonly traceparent: string | undefined;
  readonly body: string | undefined;
  /** Sends a frame ahead of the answer; resolves when the asker has room for more. */
  send(frame: Frame, body?: string): Promise<void>;
}

/**
 * Answers a contract. What it throws reaches the asker as the `GatewayError` that it is, else as `platform.internal`.
 */
export type Handler<C extends AnyRequest> = (
  request: RequestOf<C>,
  call: CallContext<FrameOf<C>>,
) => Promise<ReplyOf<C> | WithBody<ReplyOf<C>>>;

/** A service whose time of day differs from the one here by more than a minute. Nothing on the bus depends on it. */
export interface SkewedClock {
  readonly service: string;
  readonly instance: string;
  /** Its time less the time here, in milliseconds. */
  readonly aheadMs: number;
}

/** A reply that carries a body. */
export class WithBody<Head> {
  constructor(
    readonly head: Head,
    readonly body: Body | undefined,
    /** Called once, when the answerer holds nothing of it any more: it has left, or nobody wants it. */
    readonly gone?: () => void,
  ) {}
}

/** What a handler is held by; after `close` it is called no more. */
export interface Subscription {
  close(): void;
}

/** How an event is shared among those who subscribe to it. */
export interface SubscribeOptions {
  /**
   * With a group, one member of it gets each event; without, every subscriber does. Groups are named for the whole bus,
   * so start the name with the service's.
   */
  readonly group?: string;
}

/** What `subscribe` needs to know besides: for a signal that reaches a key, that key. */
export type SubscribeArguments<C extends AnyEvent | AnySignal> = C extends AnyEvent
  ? [options?: SubscribeOptions]
  : C extends { readonly reaches: 'key' }
    ? [options: { readonly key: string }]
    : [];

/** The instance or key that a signal is addressed to; nothing for one that reaches all. */
export type SignalAddress<S extends AnySignal> = S extends { readonly reaches: 'all' } ? [] : [to: string];

/** How a bus is closed; the grace in milliseconds. */
export interface DrainOptions {
  readonly graceMs?: number;
  /** Runs when what was in hand is finished: the last chance to ask or publish. */
  readonly beforeClose?: () => Promise<void>;
}

/** The bus as a process uses it: ask and answer, publish, signal and subscribe. */
export interface Bus {
  /** This process on the bus; unguessable, fit for a subject token. */
  readonly instance: string;
  readonly connected: boolean;
  /** Of those who have asked something here. */
  readonly skewedClocks: readonly SkewedClock[];

  /**
   * Asks one instance of the contract's owner. Rejects with the answerer's `GatewayError`, or `bus.no_responders` (at
   * once), `bus.disconnected` (at once, nothing sent), `bus.timed_out`, `bus.cancelled`, `bus.responder_lost`,
   * `bus.too_large`. An answer that is kept aside may fail before somebody awaits it; that ends no process.
   */
  ask<C extends AnyRequest>(
    contract: C,
    request: RequestOf<C>,
    options?: AskOptions<FrameOf<C>>,
  ): Promise<Answer<ReplyOf<C>>>;

  /** Serves a contract, for any asker and for those who ask this instance by name. */
  answer<C extends AnyRequest>(contract: C, handler: Handler<C>): Subscription;

  publish<C extends AnyEvent>(event: C, payload: PayloadOf<C>): void;

  /** Throws `bus.malformed` for an address that is no subject token, `bus.too_large`. */
  signal<S extends AnySignal>(signal: S, payload: PayloadOf<S>, ...to: SignalAddress<S>): void;

  /** A signal that reaches an instance reaches this one. What a handler throws is logged, and nobody told. */
  subscribe<C extends AnyEvent | AnySignal>(
    contract: C,
    handler: (payload: PayloadOf<C>) => void | Promise<void>,
    ...options: SubscribeArguments<C>
  ): Subscription;

  /** Called after every reconnect: what was heard in between is lost, so read models revalidate. */
  onReconnect(handler: () => void): Subscription;

  /** Resolves once what was published has left this process and reached the broker. */
  flush(): Promise<void>;

  /**
   * Stops answering and listening, finishes what is in hand, then closes. What is not finished after the grace, and at
   * once what follows something for hours, ends with `bus.responder_lost` for its asker.
   */
  drain(options?: DrainOptions): Promise<void>;
}
