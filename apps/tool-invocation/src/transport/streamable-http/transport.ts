import type { Settings } from '../../tool-invocation.settings.js';
import type { Access, AccessTls, ChannelEvents, Transport } from '../channel.js';
import { ByTls } from '../http/by-tls.js';
import type { HttpPools } from '../http/pools.js';
import type { Strays } from '../strays.js';
import { HttpChannel, type HttpUpstream } from './channel.js';

/** Streamable HTTP: all channels of an upstream share its connections; a channel is no more than its headers. */
export class HttpTransport implements Transport {
  private readonly upstream: HttpUpstream;

  /** `poolsOf`: connections to the upstream, with these certificates. `onStatus` hears the status of every answer. */
  constructor(
    url: URL,
    poolsOf: (tls: AccessTls | undefined) => HttpPools,
    settings: Settings,
    strays: Strays,
    onStatus?: (status: number) => void,
  ) {
    this.upstream = {
      pools: new ByTls(poolsOf),
      url,
      bytesMax: settings.resultBytesMax,
      talk: settings.notifications,
      strays,
      onStatus,
      withholdsHeaders: false,
    };
  }

  async open(access: Access, events: ChannelEvents): Promise<HttpChannel> {
    return this.channel(access, events);
  }

  channel(access: Access, events: ChannelEvents): HttpChannel {
    return new HttpChannel(this.upstream, access, events);
  }

  async close(): Promise<void> {
    await this.upstream.pools.close();
  }
}
