import type { Msg, NatsConnection } from '@nats-io/transport-node';
import type {
  AnyEvent,
  AnyRequest,
  AnySignal,
  FrameOf,
  Owner,
  PayloadOf,
  ReplyOf,
  RequestContract,
  RequestOf,
} from '#libs/contracts';
import { fail } from '#libs/errors';
import type { Logger } from '#libs/telemetry';
import { newInstanceId } from '../instance-id.js';
import { fits, toJson } from '../json.js';
import { DRAIN_GRACE_MS, TICK_MS } from '../limits.js';
import {
  type Answer,
  type AskOptions,
  type Bus,
  type DrainOptions,
  type Handler,
  type SignalAddress,
  type SkewedClock,
  type SubscribeArguments,
  type Message,
  type Subscription,
  WithBody,
} from '../port.js';
import { signalSubject, subscribedSubject } from '../subject.js';
import { Answerer } from './answering/answerer.js';
import { Asker } from './asking/asker.js';
import { watchBus } from './bus.instruments.js';
import { ClockSkew } from './clock-skew.js';
import { EventOutbox } from './event-outbox.js';
import { type ConnectAgain, Link } from './link.js';
import { ABSENT, BEAT, CLOCK, LEAVING, QUESTION } from './notices.js';
import { PayloadStore } from './payload-store.js';
import { fetchSubject, inboxOf } from './subjects.js';
import { EVENT, STORED_EVENT } from './wire.js';

/** How long an event that is too large for one payload can be fetched. */
const STORED_EVENT_MS = 30_000;
const FETCH_DEADLINE_MS = 30_000;

type FetchContract = RequestContract<{ readonly handle: string }, unknown>;

const fetchContract = (name: string): FetchContract => ({
  kind: 'request',
  owner: name as Owner,
  subject: fetchSubject(name),
  deadlineMs: FETCH_DEADLINE_MS,
  sharesHeads: false,
});

export interface NatsBusOptions {
  readonly name: string;
  readonly logger: Logger;
  readonly maxPayloadBytes: number;
  readonly connectAgain: ConnectAgain;
  readonly onClosed: (error: Error | undefined) => void;
}

/** The bus over core NATS; `connectNats` makes it. */
export class NatsBus implements Bus {
  readonly instance = newInstanceId();
  private readonly name: string;
  private readonly bytesMax: number;
  private readonly inbox: string;
  private readonly link: Link;
  private readonly payloads = new PayloadStore();
  private readonly asker: Asker;
  private readonly answerer: Answerer;
  private readonly events: EventOutbox;
  private readonly skew: ClockSkew;
  private readonly serving = new Set<() => void>();
  private readonly timer: NodeJS.Timeout;
  private readonly unwatch: () => void;
  private draining: Promise<void> | undefined;

  constructor(connection: NatsConnection, options: NatsBusOptions) {
    const { name, logger, maxPayloadBytes, connectAgain, onClosed } = options;
    this.name = name;
    this.bytesMax = maxPayloadBytes;
    this.inbox = inboxOf(name, this.instance);
    this.link = new Link(connection, logger, connectAgain, (error) => {
      this.stop();
      onClosed(error);
    });
    this.skew = new ClockSkew(logger);
    this.asker = new Asker(this.link, this.inbox, this.instance, this.payloads, maxPayloadBytes);
    this.answerer = new Answerer(
      this.link,
      this.inbox,
      this.instance,
      maxPayloadBytes,
      this.skew,
      (asker, instance, handle, { deadlineAtMs, signal }) =>
        this.fetch(asker, instance, handle, { timeoutMs: deadlineAtMs - performance.now(), signal }),
    );
    this.unwatch = watchBus(
      () => this.asker.waiting,
      () => this.answerer.handled,
    );
    this.events = new EventOutbox(this.link);
    this.link.listen(`${this.inbox}.>`, (bytes, message) => this.receive(bytes, message));
    this.answerer.serve(fetchContract(name), (request) => this.takeStored(request), false);
    this.link.onReconnect(() => {
      this.asker.reconnected();
      this.answerer.reconnected();
      this.events.reconnected();
    });
    this.timer = setInterval(() => {
      const nowMs = performance.now();
      this.answerer.tick(nowMs);
      this.asker.tick(nowMs);
    }, TICK_MS).unref();
  }

  get connected(): boolean {
    return this.link.connected;
  }

  get skewedClocks(): readonly SkewedClock[] {
    return this.skew.clocks;
  }

  ask<C extends AnyRequest>(
    contract: C,
    request: RequestOf<C>,
    options: AskOptions<FrameOf<C>> = {},
  ): Promise<Answer<ReplyOf<C>>> {
    return this.asker.ask(contract, request, options as AskOptions<unknown>) as Promise<Answer<ReplyOf<C>>>;
  }

  answer<C extends AnyRequest>(contract: C, handler: Handler<C>): Subscription {
    return this.subscription(this.answerer.serve(contract, handler as Handler<AnyRequest>, true));
  }

  publish<C extends AnyEvent>(event: C, payload: PayloadOf<C>): void {
    this.events.publish(event.subject, this.encodeEvent(payload));
  }

  subscribe<C extends AnyEvent | AnySignal>(
    contract: C,
    handler: (payload: PayloadOf<C>) => void | Promise<void>,
    ...[options]: SubscribeArguments<C>
  ): Subscription {
    const { group, key }: { group?: string; key?: string } = options ?? {};
    const subject = subscribedSubject(contract, this.instance, key);
    return this.listen(subject, (payload) => handler(payload as PayloadOf<C>), group);
  }

  signal<S extends AnySignal>(signal: S, payload: PayloadOf<S>, ...[to]: SignalAddress<S>): void {
    this.link.send(signalSubject(signal, to), this.encodeEvent(payload));
  }

  onReconnect(handler: () => void): Subscription {
    return { close: this.link.onReconnect(handler) };
  }

  async flush(): Promise<void> {
    if (!this.link.connected) throw fail('bus.disconnected', { executed: 'no' });
    try {
      await this.link.flush();
    } catch (cause) {
      throw fail('bus.disconnected', { executed: 'unknown', cause });
    }
  }

  drain(options: DrainOptions = {}): Promise<void> {
    this.draining ??= this.finish(options);
    return this.draining;
  }

  private async finish({ graceMs = DRAIN_GRACE_MS, beforeClose }: DrainOptions): Promise<void> {
    this.answerer.tellLeaving(false);
    for (const close of this.serving) close();
    // Once the broker has seen the unsubscriptions, whatever it had sent before has arrived.
    await this.flush().catch(() => {});
    await this.answerer.finish(graceMs);
    await beforeClose?.();
    this.stop();
    await this.flush().catch(() => {});
    await this.link.close();
  }

  private stop(): void {
    clearInterval(this.timer);
    this.unwatch();
    this.asker.stop(fail('bus.disconnected', { executed: 'unknown' }));
  }

  private receive(bytes: Buffer, message: Msg): void {
    switch (bytes[0]) {
      case undefined:
        return this.receiveNothing(bytes, message);
      case BEAT:
        return this.asker.receiveBeat(bytes);
      case ABSENT:
        return this.asker.inquiries.noteAbsent(bytes);
      case QUESTION:
        return this.asker.tellClock(bytes, message.reply ?? '');
      case LEAVING:
        return this.asker.inquiries.noteLeaving(bytes);
      case CLOCK:
        return this.answerer.clocks.told(this.peerIn(message.subject), bytes);
      default:
        return this.asker.receive(bytes, message);
    }
  }

  /** From the broker: nobody has the subject that something was sent to. */
  private receiveNothing(bytes: Buffer, message: Msg): void {
    const { subject } = message;
    if (subject.startsWith(`${this.inbox}.gone.`)) this.answerer.askerGone(this.peerIn(subject));
    else if (subject.startsWith(`${this.inbox}.clock.`)) this.answerer.clocks.gone(this.peerIn(subject));
    else this.asker.receive(bytes, message);
  }

  /** The inbox of the process that a subject `<inbox>.<what>.<name>.<instance>` speaks of. */
  private peerIn(subject: string): string {
    const [name = '', instance = ''] = subject.split('.').slice(-2);
    return inboxOf(name, instance);
  }

  private encodeEvent(payload: unknown): Buffer {
    const text = toJson(payload);
    if (!fits(text, undefined, this.bytesMax)) throw fail('bus.too_large', { executed: 'no' });
    const bytes = prefixed(EVENT, text);
    if (bytes.length <= this.link.payloadBytesMax) return bytes;
    const handle = this.payloads.keep({ head: text, body: undefined }, performance.now() + STORED_EVENT_MS);
    return prefixed(STORED_EVENT, JSON.stringify({ name: this.name, instance: this.instance, handle }));
  }

  private listen(subject: string, handler: (payload: unknown) => void | Promise<void>, group?: string): Subscription {
    const failed = (err: unknown): void => this.link.logger.error({ err, subject }, 'a bus listener failed');
    const take = (payload: unknown): void => {
      try {
        handler(payload)?.catch(failed);
      } catch (error) {
        failed(error);
      }
    };
    const stop = this.link.listen(
      subject,
      (bytes) => {
        const payload: unknown = JSON.parse(bytes.toString('utf8', 1));
        if (bytes[0] === EVENT) take(payload);
        else if (bytes[0] === STORED_EVENT) this.fetchEvent(payload).then((event) => take(event.head), failed);
      },
      group,
    );
    return this.subscription(() => stop());
  }

  private async fetchEvent(notice: unknown): Promise<Message<unknown>> {
    const { name, instance, handle } = notice as { name: string; instance: string; handle: string };
    return this.fetch(name, instance, handle, {});
  }

  private async fetch(
    name: string,
    instance: string,
    handle: string,
    options: AskOptions<unknown>,
  ): Promise<Message<unknown>> {
    const { head, body } = await this.asker.ask(fetchContract(name), { handle }, { ...options, instance });
    return { head, body: body?.toString() };
  }

  private async takeStored({ handle }: { readonly handle: string }): Promise<WithBody<unknown>> {
    const kept = this.payloads.take(handle);
    if (kept === undefined) throw fail('bus.cancelled', { executed: 'no' });
    return new WithBody<unknown>(JSON.parse(kept.head), kept.body);
  }

  private subscription(stop: () => void): Subscription {
    const close = (): void => {
      if (this.serving.delete(close)) stop();
    };
    this.serving.add(close);
    return { close };
  }
}

const prefixed = (kind: number, text: string): Buffer => {
  const bytes = Buffer.allocUnsafe(1 + Buffer.byteLength(text));
  bytes[0] = kind;
  bytes.write(text, 1);
  return bytes;
};
