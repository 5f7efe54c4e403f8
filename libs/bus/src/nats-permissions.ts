import type { AnyRequest, AnySignal, Owner } from '#libs/contracts';

/** `libs/contracts/topology.json`. */
export interface Topology {
  readonly asks: Readonly<Record<Owner, readonly string[]>>;
  readonly subscribes: Readonly<Record<Owner, readonly string[]>>;
}

/** What the code says over the arrows of the topology. */
export interface Spoken {
  readonly signals: readonly AnySignal[];
  /** The requests that the code of the owner makes, of others and of its own replicas. */
  readonly asks: readonly AnyRequest[];
}

/** The subjects that a NATS user may publish and subscribe to. */
export interface NatsPermissions {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
}

const ownersOf = (arrows: Readonly<Record<string, readonly string[]>>): Owner[] => Object.keys(arrows) as Owner[];

/** Of the bus itself, in both directions of an arrow: fetching what is too large, credit for frames, cancelling, and finding what got lost. */
const TRANSPORT_SIGNALS = ['message.fetch', 'call.credit', 'call.cancel', 'call.recall'];

/**
 * What a service's NATS user may publish and subscribe to: the requests that its code makes, each by itself, the facts
 * and signals that go along the arrows of the topology, and nothing beside them. https://docs.nats.io/running-a-nats-service/configuration/securing_nats/authorization
 */
export const natsPermissions = ({ asks, subscribes }: Topology, spoken: Spoken, owner: Owner): NatsPermissions => {
  const askers = ownersOf(asks).filter((other) => asks[other].includes(owner));
  const subscribers = ownersOf(subscribes).filter((other) => subscribes[other].includes(owner));
  const peers = [...new Set([owner, ...asks[owner], ...askers, ...subscribes[owner], ...subscribers])].sort();
  return {
    publish: [
      // To whichever instance, and to one by name.
      ...spoken.asks.flatMap(({ subject }) => [subject, `${subject}.*`]),
      `switchyard.v1.evt.${owner}.>`,
      ...spoken.signals.filter((signal) => signal.owner === owner).map(({ subject }) => `${subject}.*`),
      // Answers and heartbeats.
      ...peers.map((other) => `_INBOX.${other}.>`),
      ...peers.flatMap((other) => TRANSPORT_SIGNALS.map((name) => `switchyard.v1.sig.${other}.${name}.*`)),
    ],
    subscribe: [
      `switchyard.v1.rpc.${owner}.>`,
      `switchyard.v1.sig.${owner}.>`,
      `_INBOX.${owner}.>`,
      ...[owner, ...subscribes[owner]].map((other) => `switchyard.v1.evt.${other}.>`),
    ],
  };
};
