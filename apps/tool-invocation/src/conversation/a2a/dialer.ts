import type { AgentAddress } from '#contracts/registry/resolve-upstream.request';
import { fail } from '#libs/errors';
import type { Settings } from '../../tool-invocation.settings.js';
import type { A2aSender } from '../../transport/a2a/sender.js';
import type { Access } from '../../transport/channel.js';
import type { EgressPolicy } from '../../transport/egress/egress-policy.js';
import type { AddressChecks } from '../address-checks.js';
import type { UpstreamDialer } from '../dialer.js';
import type { Peer } from '../peer.js';
import { quietIdentity } from '../quiet-peer.js';
import { SpokenEras } from '../spoken-eras.js';

const IDENTITY = quietIdentity({ tools: {} });

/**
 * An agent needs no introduction, its card has been read: a conversation is its connections and what it is shown. What speaks
 * A2A is loaded with the first conversation.
 */
export class A2aDialer implements UpstreamDialer {
  readonly spoken = new SpokenEras('modern');
  /** By the URL that messages go to. */
  private readonly senders = new Map<string, A2aSender>();

  constructor(
    /** Undefined: its card has never been read. */
    private readonly agent: AgentAddress | undefined,
    private readonly settings: Settings,
    private readonly egress: EgressPolicy,
    readonly addresses?: AddressChecks<string>,
  ) {
    this.spoken.settle({ era: 'modern', identity: IDENTITY });
  }

  async dial(access: Access): Promise<Peer> {
    const { agent, addresses } = this;
    if (agent === undefined) throw fail('upstream.unreachable', { executed: 'no' });
    const [{ A2aPeer }, { A2aSender }] = await Promise.all([
      import('./peer.js'),
      import('../../transport/a2a/sender.js'),
    ]);
    const senderAt = (url: string): A2aSender => {
      const known = this.senders.get(url);
      if (known !== undefined) return known;
      const sender = new A2aSender(url, this.settings, this.egress);
      this.senders.set(url, sender);
      return sender;
    };
    return new A2aPeer(IDENTITY, { agent, senderAt, access, ...(addresses && { book: addresses.book }) });
  }

  async recheck(): Promise<void> {}

  async close(): Promise<void> {
    const open = [...this.senders.values()];
    this.senders.clear();
    await Promise.all(open.map((sender) => sender.close()));
  }
}
