import type { Settings } from '../../tool-invocation.settings.js';
import type { Access } from '../../transport/channel.js';
import type { EgressPolicy } from '../../transport/egress/egress-policy.js';
import type { GrpcSender } from '../../transport/grpc/sender.js';
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
  private sender: GrpcSender | undefined;
  private methods: GrpcMethods | undefined;

  /** `resolve`: rejects with `upstream.unknown` or `registry.unavailable`. */
  constructor(
    private readonly url: string | null,
    private readonly resolve: () => Promise<ResolvedApi>,
    private readonly settings: Settings,
    private readonly egress: EgressPolicy,
  ) {
    this.spoken.settle({ era: 'modern', identity: IDENTITY });
  }

  async dial(access: Access): Promise<Peer> {
    const [{ GrpcPeer }, { GrpcMethods }, { GrpcSender }] = await Promise.all([
      import('./peer.js'),
      import('./api.js'),
      import('../../transport/grpc/sender.js'),
    ]);
    this.sender ??= new GrpcSender(this.url, this.settings, this.egress);
    this.methods ??= new GrpcMethods(await this.resolve());
    return new GrpcPeer(IDENTITY, this.methods, this.sender, access);
  }

  async recheck(): Promise<void> {}

  async close(): Promise<void> {
    await this.sender?.close();
    this.sender = undefined;
  }
}
