/** The services that talk over the bus: each owns the subjects that carry its name. */
export type Owner = 'ingress' | 'auth' | 'registry' | 'tool-invocation' | 'metrics';

/**
 * One conversation: who is asked, what, and what comes back. `Request`, `Reply` and `Frame` are the JSON heads; a
 * message may also carry a body, text that nobody on the way parses (see `libs/bus`).
 */
export interface RequestContract<Request, Reply, Frame = never> {
  readonly kind: 'request';
  readonly owner: Owner;
  readonly subject: string;
  /** How long an asker waits when it names no deadline of its own. */
  readonly deadlineMs: number;
  /**
   * Within one process the heads are handed over as they are, not copied: whoever has one changes nothing in it, ever.
   * For what is asked so often that the copying would be felt.
   */
  readonly sharesHeads: boolean;
  readonly _types?: { request: Request; reply: Reply; frame: Frame };
}

/** A fact: at most once, to everybody who subscribes. What must not be lost goes through the outbox instead. */
export interface EventContract<Payload> {
  readonly kind: 'event';
  readonly owner: Owner;
  readonly subject: string;
  readonly _types?: { payload: Payload };
}

/**
 * Whom a signal reaches: every instance of its owner, the instance that it is addressed to, or whoever has subscribed
 * with the key that it is sent with.
 */
export type Reach = 'all' | 'instance' | 'key';

/** A hint from one instance of the owner to others of the same owner: at most once, and never the only way to know. */
export interface SignalContract<Payload, Reaches extends Reach = Reach> {
  readonly kind: 'signal';
  readonly owner: Owner;
  /** What comes after it names whom the signal reaches. */
  readonly subject: string;
  readonly reaches: Reaches;
  readonly _types?: { payload: Payload };
}

/** Some request, whatever it carries. */
// oxlint-disable-next-line typescript/no-explicit-any -- stands for "some contract" in generic positions
export type AnyRequest = RequestContract<any, any, any>;
/** Some event, whatever it carries. */
// oxlint-disable-next-line typescript/no-explicit-any -- stands for "some contract" in generic positions
export type AnyEvent = EventContract<any>;
/** Some signal, whatever it carries. */
// oxlint-disable-next-line typescript/no-explicit-any -- stands for "some contract" in generic positions
export type AnySignal = SignalContract<any>;

/** The head of the request of a contract. */
export type RequestOf<C> = C extends RequestContract<infer Request, infer _Reply, infer _Frame> ? Request : never;
/** The head of the reply of a contract. */
export type ReplyOf<C> = C extends RequestContract<infer _Request, infer Reply, infer _Frame> ? Reply : never;
/** The head of the frames that come before the reply. */
export type FrameOf<C> = C extends RequestContract<infer _Request, infer _Reply, infer Frame> ? Frame : never;
/** What an event or a signal carries. */
export type PayloadOf<C> = C extends EventContract<infer Payload> | SignalContract<infer Payload> ? Payload : never;

/** `name` is `<noun>.<verb>` in the imperative, lower-kebab: `caller.admit`. */
export const defineRequest = <Request, Reply, Frame = never>(
  owner: Owner,
  name: `${string}.${string}`,
  options: { deadlineMs: number; sharesHeads?: boolean },
): RequestContract<Request, Reply, Frame> => ({
  kind: 'request',
  owner,
  subject: `switchyard.v1.rpc.${owner}.${name}`,
  deadlineMs: options.deadlineMs,
  sharesHeads: options.sharesHeads ?? false,
});

/** `name` is `<noun>.<verb>` in the past tense: `catalog.changed`. */
export const defineEvent = <Payload>(owner: Owner, name: `${string}.${string}`): EventContract<Payload> => ({
  kind: 'event',
  owner,
  subject: `switchyard.v1.evt.${owner}.${name}`,
});

/** `name` is `<noun>.<verb>` in the past tense: `call.cancelled`. */
export function defineSignal<Payload>(
  owner: Owner,
  name: SignalName,
  options: To<'all'>,
): SignalContract<Payload, 'all'>;
export function defineSignal<Payload>(
  owner: Owner,
  name: SignalName,
  options: To<'instance'>,
): SignalContract<Payload, 'instance'>;
export function defineSignal<Payload>(
  owner: Owner,
  name: SignalName,
  options: To<'key'>,
): SignalContract<Payload, 'key'>;
export function defineSignal(owner: Owner, name: SignalName, { reaches }: To<Reach>): AnySignal {
  return { kind: 'signal', owner, subject: `switchyard.v1.sig.${owner}.${name}`, reaches };
}

type SignalName = `${string}.${string}`;
interface To<Reaches extends Reach> {
  readonly reaches: Reaches;
}
