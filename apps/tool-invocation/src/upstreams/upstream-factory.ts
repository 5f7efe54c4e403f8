import type { UpstreamProfile } from '#contracts/registry/resolve-upstream.request';
import type { Logger } from '#libs/telemetry';
import { Dialer } from '../conversation/dialer.js';
import type { Settings } from '../tool-invocation.settings.js';
import type { Transport, TransportKind } from '../transport/channel.js';
import { EgressPolicy } from '../transport/egress/egress-policy.js';
import { SseTransport } from '../transport/sse/transport.js';
import { ProcessQuota, StdioTransport } from '../transport/stdio/transport.js';
import { HttpTransport } from '../transport/streamable-http/transport.js';
import { Upstream, type UpstreamHost } from './upstream.js';

const KINDS: Readonly<Record<UpstreamProfile['transport'], TransportKind>> = {
  STREAMABLEHTTP: 'http',
  SSE: 'sse',
  STDIO: 'stdio',
};

/** Makes an upstream of its profile, with the transport it is reached by. */
export class UpstreamFactory {
  readonly processes: ProcessQuota;
  private readonly egress: EgressPolicy;

  constructor(
    private readonly settings: Settings,
    private readonly logger: Logger,
  ) {
    this.egress = new EgressPolicy(settings.egress);
    this.processes = new ProcessQuota(settings.stdio.processesMax);
  }

  /** Throws `upstream.refused` where the upstream may not be reached from here. */
  build(profile: UpstreamProfile, host: UpstreamHost): Upstream {
    const kind = KINDS[profile.transport];
    const transport = this.transport(profile, kind);
    const dialer = new Dialer(transport, kind, this.settings.sessions.openTimeoutMs);
    return new Upstream(profile, kind, transport, dialer, this.settings, host);
  }

  private transport(profile: UpstreamProfile, kind: TransportKind): Transport {
    if (kind === 'stdio') {
      const command = { upstreamId: profile.id, command: profile.command ?? '', args: profile.args };
      return new StdioTransport(command, this.settings, this.processes, this.logger);
    }
    const url = this.egress.parse(profile.url);
    return kind === 'http'
      ? new HttpTransport(url, this.settings, this.egress)
      : new SseTransport(url, this.settings, this.egress);
  }
}
