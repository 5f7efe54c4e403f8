import { type Dispatcher, Pool } from 'undici';
import type { Settings } from '../../tool-invocation.settings.js';
import type { UpstreamTls } from '#contracts/auth/tls/upstream-tls.rules';
import type { AccessTls } from '../channel.js';
import type { EgressPolicy } from '../egress/egress-policy.js';

const HEADER_BYTES_MAX = 16_384;

/** What a connection is made with for certificates, if there are any. */
export const tlsOptions = ({ ca, cert, key }: UpstreamTls = {}) => ({
  ...(ca !== undefined && { ca }),
  ...(cert !== undefined && { cert }),
  ...(key !== undefined && { key }),
});

/** What carries requests to one upstream. */
export interface HttpPools {
  readonly calls: Dispatcher;
  readonly control: Dispatcher;
  /** It wants to know how long a call may take. */
  readonly tellsDeadline?: boolean;
  close(): Promise<void>;
}

/** The connections to one origin: `calls` are bounded; `control` carries what must get through while calls wait. */
export class Pools implements HttpPools {
  readonly calls: Pool;
  readonly control: Pool;

  constructor(origin: string, settings: Settings, egress: EgressPolicy, tls?: AccessTls) {
    const options: Pool.Options = {
      pipelining: 1,
      allowH2: false,
      keepAliveTimeout: settings.connections.keepAliveMs,
      keepAliveMaxTimeout: settings.connections.keepAliveMs,
      // Deadlines belong to calls; a stream may be silent for as long as its call may take.
      headersTimeout: 0,
      bodyTimeout: 0,
      maxHeaderSize: HEADER_BYTES_MAX,
      connect: {
        timeout: settings.connections.connectTimeoutMs,
        lookup: egress.lookup,
        rejectUnauthorized: true,
        ...tlsOptions(tls),
      },
    };
    this.calls = new Pool(origin, { ...options, connections: settings.connections.max });
    this.control = new Pool(origin, options);
  }

  async close(): Promise<void> {
    await Promise.all([this.calls.destroy(), this.control.destroy()]);
  }
}
