import type { Settings } from '../../tool-invocation.settings.js';
import type { Access, ChannelEvents, Transport } from '../channel.js';
import type { EgressPolicy } from '../egress/egress-policy.js';
import { Pools } from '../http/pools.js';
import type { Strays } from '../strays.js';
import { HttpChannel } from './channel.js';

/** Streamable HTTP: all channels of an upstream share its connections; a channel is no more than its headers. */
export class HttpTransport implements Transport {
  private readonly pools: Pools;
  private readonly path: string;

  constructor(
    url: URL,
    private readonly settings: Settings,
    egress: EgressPolicy,
    private readonly strays: Strays,
  ) {
    this.pools = new Pools(url.origin, settings, egress);
    this.path = `${url.pathname}${url.search}`;
  }

  async open(access: Access, events: ChannelEvents): Promise<HttpChannel> {
    return new HttpChannel(this.pools, this.path, this.settings.resultBytesMax, access, events, this.strays);
  }

  async close(): Promise<void> {
    await this.pools.close();
  }
}
