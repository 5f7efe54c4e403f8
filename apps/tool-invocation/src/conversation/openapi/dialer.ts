import type { JsonFilters } from '#libs/jq';
import type { Access } from '../../transport/channel.js';
import type { HttpApiSender } from '../../transport/http-api/sender.js';
import type { AddressChecks } from '../address-checks.js';
import type { UpstreamDialer } from '../dialer.js';
import type { Peer } from '../peer.js';
import { quietIdentity } from '../quiet-peer.js';
import { SpokenEras } from '../spoken-eras.js';
import { HttpApiPeer } from './peer.js';
import type { HttpTools } from './tools.js';

const IDENTITY = quietIdentity({ tools: {} });

/** An HTTP API needs no introduction: a conversation is its address and what it is shown. */
export class HttpApiDialer implements UpstreamDialer {
  readonly spoken = new SpokenEras('modern');

  constructor(
    private readonly baseUrl: string,
    private readonly tools: HttpTools,
    private readonly sender: HttpApiSender,
    private readonly filters: JsonFilters,
    readonly addresses?: AddressChecks<string>,
  ) {
    this.spoken.settle({ era: 'modern', identity: IDENTITY });
  }

  async dial(access: Access): Promise<Peer> {
    const { baseUrl, sender, filters, addresses } = this;
    const means = { baseUrl, sender, access, filters, ...(addresses && { book: addresses.book }) };
    return new HttpApiPeer(IDENTITY, this.tools, means);
  }

  async recheck(): Promise<void> {}
}
