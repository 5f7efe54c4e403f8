import type { AnySignal, Owner } from '#libs/contracts';

/** `libs/contracts/topology.json`. */
export interface Topology {
  readonly asks: Readonly<Record<Owner, readonly string[]>>;
  readonly subscribes: Readonly<Record<Owner, readonly string[]>>;
}

export interface NatsPermissions {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
}

const ownersOf = (arrows: Readonly<Record<string, readonly string[]>>): Owner[] => Object.keys(arrows) as Owner[];

/** Of the bus itself, in both directions of an arrow: fetching what is too large, credit for frames, cancelling, and finding what got lost. */
const TRANSPORT_SIGNALS = ['message.fetch', 'call.credit', 'call.cancel', 'call.recall'];

/**
 * What a service's NATS user may publish and subscribe to: the arrows of the topology, the signals that its instances
 * send each other, and nothing beside them. https://docs.nats.io/running-a-nats-service/configuration/securing_nats/authorization
 */
export const natsPermissions = (
  { asks, subscribes }: Topology,
  signals: readonly AnySignal[],
  owner: Owner,
): NatsPermissions => {
  const askers = ownersOf(asks).filter((other) => asks[other].includes(owner));
  const subscribers = ownersOf(subscribes).filter((other) => subscribes[other].includes(owner));
  const peers = [...new Set([owner, ...asks[owner], ...askers, ...subscribes[owner], ...subscribers])].sort();
  return {
    publish: [
      // Its own too: a service's REST face may ask what the service itself answers.
      ...[owner, ...asks[owner]].map((other) => `switchyard.v1.rpc.${other}.>`),
      `switchyard.v1.evt.${owner}.>`,
      ...signals.filter((signal) => signal.owner === owner).map(({ subject }) => `${subject}.*`),
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
