import type { Settings } from '../../tool-invocation.settings.js';
import type { Access, ChannelEvents, Transport } from '../channel.js';
import type { EgressPolicy } from '../egress/egress-policy.js';
import { ByTls } from '../http/by-tls.js';
import { Pools } from '../http/pools.js';
import type { Strays } from '../strays.js';
import { SseChannel } from './channel.js';

/** HTTP+SSE, the transport of 2024-11-05: each channel is a stream of its own. */
export class SseTransport implements Transport {
  private readonly pools: ByTls<Pools>;

  constructor(
    private readonly url: URL,
    private readonly settings: Settings,
    egress: EgressPolicy,
    private readonly strays: Strays,
  ) {
    this.pools = new ByTls((tls) => new Pools(url.origin, settings, egress, tls));
  }

  open(access: Access, events: ChannelEvents): Promise<SseChannel> {
    return SseChannel.open({
      pools: this.pools.of(access.tls),
      url: this.url,
      bytesMax: this.settings.resultBytesMax,
      talk: this.settings.notifications,
      timeoutMs: this.settings.sessions.openTimeoutMs,
      access,
      events,
      strays: this.strays,
    });
  }

  async close(): Promise<void> {
    await this.pools.close();
  }
}
