import type { Settings } from '../../tool-invocation.settings.js';
import type { AddressBook } from '../../transport/addresses/address-book.js';
import type { Access, AccessTls } from '../../transport/channel.js';
import type { EgressPolicy } from '../../transport/egress/egress-policy.js';
import type { GrpcSender } from '../../transport/grpc/sender.js';
import { ByTls } from '../../transport/http/by-tls.js';
import { AddressChecks } from '../address-checks.js';
import type { UpstreamDialer } from '../dialer.js';
import type { Peer } from '../peer.js';
import { quietIdentity } from '../quiet-peer.js';
import { SpokenEras } from '../spoken-eras.js';
import type { GrpcMethods, ResolvedApi } from './api.js';

const IDENTITY = quietIdentity({ tools: {} });

/**
 * A gRPC server needs no introduction: a conversation is its connections, its methods and what it is shown. What speaks gRPC
 * is loaded with the first conversation.
 */
export class GrpcDialer implements UpstreamDialer {
  readonly spoken = new SpokenEras('modern');
  readonly addresses: AddressChecks<string> | undefined;
  /** By the URL of the address. */
  private readonly senders = new Map<string, ByTls<GrpcSender>>();
  private methods: GrpcMethods | undefined;

  /** `resolve`: rejects with `upstream.unknown` or `registry.unavailable`. `book`: where the server has several addresses. */
  constructor(
    private readonly url: string,
    private readonly resolve: () => Promise<ResolvedApi>,
    private readonly settings: Settings,
    private readonly egress: EgressPolicy,
    book?: AddressBook<string>,
  ) {
    this.spoken.settle({ era: 'modern', identity: IDENTITY });
    this.addresses = book && new AddressChecks(book, this.look);
  }

  async dial(access: Access): Promise<Peer> {
    const [{ GrpcPeer }, { GrpcMethods }, { GrpcSender }] = await Promise.all([
      import('./peer.js'),
      import('./api.js'),
      import('../../transport/grpc/sender.js'),
    ]);
    this.methods ??= new GrpcMethods(await this.resolve());
    const { url, addresses } = this;
    return new GrpcPeer(IDENTITY, this.methods, {
      url,
      senderAt: (place) => this.senderAt(GrpcSender, place, access.tls),
      access,
      ...(addresses && { book: addresses.book }),
    });
  }

  async recheck(): Promise<void> {}

  async close(): Promise<void> {
    const open = [...this.senders.values()];
    this.senders.clear();
    await Promise.all(open.map((senders) => senders.close()));
  }

  private readonly look = async (url: string, { tls }: Access, timeoutMs: number): Promise<void> => {
    const [{ checkHealth }, { GrpcSender }] = await Promise.all([
      import('./health.js'),
      import('../../transport/grpc/sender.js'),
    ]);
    await checkHealth(this.senderAt(GrpcSender, url, tls), timeoutMs);
  };

  private senderAt(Sender: typeof GrpcSender, url: string, tls: AccessTls | undefined): GrpcSender {
    let senders = this.senders.get(url);
    if (senders === undefined) {
      senders = new ByTls((shown) => new Sender(url, this.settings, this.egress, shown));
      this.senders.set(url, senders);
    }
    return senders.of(tls);
  }
}
