import type { Owner } from '#libs/contracts';

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

/** What a service's NATS user may publish and subscribe to: the arrows of the topology, and nothing beside them. */
export const natsPermissions = ({ asks, subscribes }: Topology, owner: Owner): NatsPermissions => {
  const askers = ownersOf(asks).filter((other) => asks[other].includes(owner));
  const subscribers = ownersOf(subscribes).filter((other) => subscribes[other].includes(owner));
  const peers = [...new Set([owner, ...asks[owner], ...askers, ...subscribes[owner], ...subscribers])].sort();
  return {
    publish: [
      // Its own too: a service's REST face may ask what the service itself answers.
      ...[owner, ...asks[owner]].map((other) => `switchyard.v1.rpc.${other}.>`),
      // Cancelling a call and granting it credit; a service's replicas signal each other.
      ...[owner, ...asks[owner]].map((other) => `switchyard.v1.sig.${other}.>`),
      `switchyard.v1.evt.${owner}.>`,
      // Answers and heartbeats; and, as what is too large for one payload is fetched, in both directions of an arrow.
      ...peers.map((other) => `_INBOX.${other}.>`),
      ...peers
        .filter((other) => other !== owner && !asks[owner].includes(other))
        .flatMap((other) =>
          ['message.fetch', 'call.credit', 'call.cancel'].map((verb) => `switchyard.v1.sig.${other}.${verb}.*`),
        ),
    ],
    subscribe: [
      `switchyard.v1.rpc.${owner}.>`,
      `switchyard.v1.sig.${owner}.>`,
      `_INBOX.${owner}.>`,
      ...[owner, ...subscribes[owner]].map((other) => `switchyard.v1.evt.${other}.>`),
    ],
  };
};
