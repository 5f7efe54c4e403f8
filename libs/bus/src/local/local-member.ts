import type { AnyEvent, AnySignal, AnyRequest, FrameOf, PayloadOf, ReplyOf, RequestOf } from '#libs/contracts';
import { GatewayError, fail } from '#libs/errors';
import { tracedWithin } from '#libs/telemetry';
import { newInstanceId } from '../instance-id.js';
import { refusal } from '../flow/outflow.js';
import { fits, toJson } from '../json.js';
import { DRAIN_GRACE_MS, FOLLOWING_DEADLINE_MS } from '../limits.js';
import {
  type Answer,
  type AskOptions,
  type Bus,
  type DrainOptions,
  type Handler,
  type SignalAddress,
  type SkewedClock,
  SubscribeArguments,
  type Subscription,
  WithBody,
} from '../port.js';
import type { LocalBroker, LocalHandler } from './local-broker.js';
import { signalSubject, subscribedSubject } from '../subject.js';
import { type LocalAsker, LocalCall, type Parcel, pack } from './local-call.js';

/** One service's end of a `LocalBus`. */
export class LocalMember implements Bus, LocalAsker {
  readonly instance = newInstanceId();
  private state: 'open' | 'draining' | 'closed' = 'open';
  private inHand = 0;
  private readonly subscriptions = new Set<() => void>();
  private settled: (() => void) | undefined;

  constructor(
    private readonly broker: LocalBroker,
    readonly owner: string,
  ) {}

  get connected(): boolean {
    return this.state !== 'closed';
  }

  /** There is but one clock. */
  get skewedClocks(): readonly SkewedClock[] {
    return [];
  }

  ask<C extends AnyRequest>(
    contract: C,
    request: RequestOf<C>,
    options: AskOptions<FrameOf<C>> = {},
  ): Promise<Answer<ReplyOf<C>>> {
    if (this.state === 'closed') return refusal(fail('bus.disconnected', { executed: 'no' }));
    if (options.signal?.aborted) return refusal(fail('bus.cancelled', { executed: 'no' }));
    const { broker } = this;
    let parcel: Parcel;
    try {
      parcel = pack(contract, request, options.body, broker.bytesMax, 'no');
    } catch (error) {
      return refusal(error);
    }
    const call = new LocalCall(contract, parcel, options as AskOptions<unknown>, this, broker.bytesMax);
    broker.calls.add(call);
    broker.deadlines.watch(call.deadlineAtMs);
    broker.later(() => this.route(call, options.instance));
    return call.answer as Promise<Answer<ReplyOf<C>>>;
  }

  ended(call: LocalCall): void {
    if (!call.inHand) this.broker.calls.delete(call);
  }

  private route(call: LocalCall, instance: string | undefined): void {
    if (!call.open) return;
    if (call.deadlineAtMs <= performance.now()) {
      call.abandon(fail('bus.timed_out', { executed: 'no' }));
      return;
    }
    const handler = this.broker.next(call.contract.subject, instance);
    if (handler === undefined) call.abandon(fail('bus.no_responders', { executed: 'no' }));
    else handler.take(call);
  }

  answer<C extends AnyRequest>(contract: C, handler: Handler<C>): Subscription {
    const entry: LocalHandler = { instance: this.instance, take: (call) => this.handle(call, handler) };
    this.broker.add(contract.subject, entry);
    return this.subscription(() => this.broker.remove(contract.subject, entry));
  }

  private handle(call: LocalCall, handler: Handler<AnyRequest>): void {
    this.inHand++;
    call.answerer = this;
    call.inHand = true;
    const done = (): void => {
      call.inHand = false;
      if (!call.open) this.broker.calls.delete(call);
      if (--this.inHand === 0) this.settled?.();
    };
    const failed = (error: unknown): void => {
      if (call.open && !(error instanceof GatewayError)) {
        this.broker.logger?.error(
          { err: error, subject: call.contract.subject, callId: call.callId },
          'a bus handler failed',
        );
      }
      call.settleWith(error);
      done();
    };
    let replying: Promise<unknown>;
    try {
      replying = tracedWithin(call.traceparent, () => handler(call.head, call));
    } catch (error) {
      failed(error);
      return;
    }
    replying.then((reply) => {
      if (reply instanceof WithBody) call.settle(reply.head, reply.body, this.instance, reply.gone);
      else call.settle(reply, undefined, this.instance);
      done();
    }, failed);
  }

  publish<C extends AnyEvent>(event: C, payload: PayloadOf<C>): void {
    this.send(event.subject, payload);
  }

  subscribe<C extends AnyEvent | AnySignal>(
    contract: C,
    handler: (payload: PayloadOf<C>) => void | Promise<void>,
    ...[options]: SubscribeArguments<C>
  ): Subscription {
    const { group, key }: { group?: string; key?: string } = options ?? {};
    const listener = (payload: unknown): void | Promise<void> => handler(payload as PayloadOf<C>);
    return this.subscription(
      this.broker.listeners.add(subscribedSubject(contract, this.instance, key), listener, group),
    );
  }

  signal<S extends AnySignal>(signal: S, payload: PayloadOf<S>, ...[to]: SignalAddress<S>): void {
    this.send(signalSubject(signal, to), payload);
  }

  private send(subject: string, payload: unknown): void {
    const text = toJson(payload);
    if (!fits(text, undefined, this.broker.bytesMax)) throw fail('bus.too_large', { executed: 'no' });
    if (this.state !== 'closed') this.broker.later(() => this.broker.listeners.deliver(subject, text));
  }

  /** Never called: this bus cannot be lost. */
  onReconnect(_handler: () => void): Subscription {
    return { close: () => {} };
  }

  flush(): Promise<void> {
    return new Promise((resolve) => this.broker.later(resolve));
  }

  async drain({ graceMs = DRAIN_GRACE_MS, beforeClose }: DrainOptions = {}): Promise<void> {
    if (this.state !== 'open') return;
    this.state = 'draining';
    for (const close of this.subscriptions) close();
    for (const call of this.atWork()) if (call.contract.deadlineMs > FOLLOWING_DEADLINE_MS) this.leave(call);
    await this.handled(graceMs);
    for (const call of this.atWork()) this.leave(call);
    await beforeClose?.();
    this.state = 'closed';
    for (const call of this.broker.calls) {
      if (call.asker === this && call.open) call.abandon(fail('bus.disconnected', { executed: 'unknown' }));
    }
  }

  private *atWork(): Iterable<LocalCall> {
    for (const call of this.broker.calls) if (call.inHand && call.answerer === this) yield call;
  }

  private leave(call: LocalCall): void {
    const error = fail('bus.responder_lost', { executed: 'unknown' });
    call.abandon(error, error);
  }

  private async handled(graceMs: number): Promise<void> {
    if (this.inHand === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.settled = resolve;
    const timer = setTimeout(resolve, graceMs);
    await promise;
    clearTimeout(timer);
  }

  private subscription(stop: () => void): Subscription {
    const close = (): void => {
      this.subscriptions.delete(close);
      stop();
    };
    this.subscriptions.add(close);
    return { close };
  }
}
