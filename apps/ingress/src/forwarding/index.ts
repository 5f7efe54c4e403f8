import type { Bus } from '#libs/bus';
import type { ClientAddress } from '#libs/identity';
import type { Outbox } from '#libs/outbox';
import type { ResourceLinks } from '../catalog/index.js';
import type { IngressSettings } from '../ingress.settings.js';
import type { Sessions } from '../sessions/index.js';
import { CallJournal } from './call-journal.js';
import { Consents } from './consents.js';
import { Forwarder } from './forwarder.js';
import { InputLoop } from './input-loop.js';
import { ParkedCallLease } from './parked-call-lease.js';
import type { RefusalLog } from './refusal-log.js';
import { ResourceCache } from './resource-cache.js';

export type { CallJournal } from './call-journal.js';
export { encodeAnswer } from './encode.js';
export type { Forwarder } from './forwarder.js';
export { RefusalJournal } from './refusal-journal.js';
export { RefusalLog } from './refusal-log.js';

/** What forwarding to tool-invocation is built from. */
export interface ForwardingDeps {
  readonly bus: Bus;
  readonly outbox: Pick<Outbox, 'settle'>;
  readonly addressOf: ClientAddress;
  readonly links: ResourceLinks;
  readonly sessions: Sessions;
  readonly told: RefusalLog;
}

/**
 * Hands calls to tool-invocation and writes its answers in the client's revision. Answers reads of resources that are
 * still good from memory, and records the calls of which nobody else can.
 */
export const openForwarding = (settings: IngressSettings, deps: ForwardingDeps) => {
  const { bus, outbox, addressOf, links, sessions, told } = deps;
  const journal = new CallJournal(outbox, addressOf, told);
  const resources = new ResourceCache(bus, journal, settings.resources);
  sessions.feeds.onResourceUpdated((upstreamId, uri) => resources.changed(upstreamId, uri));
  const inputLoop = new InputLoop(sessions.serverRequests, new ParkedCallLease(bus, journal));
  const consents = new Consents(bus);
  return {
    journal,
    forwarder: new Forwarder(bus, journal, { inputLoop, consents }, sessions.affinity, resources, links),
    close: (): void => {
      resources.close();
      consents.close();
    },
  };
};
