import type { UpstreamDialer } from '../dialer.js';
import type { Peer } from '../peer.js';
import { quietIdentity } from '../quiet-peer.js';
import { SpokenEras } from '../spoken-eras.js';
import type { KeptContent } from './contents.js';
import { OwnPeer } from './peer.js';

/** As an MCP server it would be one without sessions; what it offers the registry knows. */
const IDENTITY = quietIdentity({});

/** There is nobody to be introduced to. */
export class OwnDialer implements UpstreamDialer {
  readonly spoken = new SpokenEras('modern');

  constructor(private readonly content: KeptContent) {
    this.spoken.settle({ era: 'modern', identity: IDENTITY });
  }

  async dial(): Promise<Peer> {
    return new OwnPeer(IDENTITY, this.content);
  }

  async recheck(): Promise<void> {}
}
