import { type HttpToolSource, ResolveHttpTool } from '#contracts/registry/resolve-http-tool.request';
import { ResolveGrpcApi } from '#contracts/registry/resolve-grpc-api.request';
import { type OwnContent, ResolveOwnContent } from '#contracts/registry/resolve-own-content.request';
import type { UpstreamProfile } from '#contracts/registry/resolve-upstream.request';
import type { Bus } from '#libs/bus';
import { connectorNameOf, isConnectorUrl } from '#libs/connector';
import { fail } from '#libs/errors';
import { JsonFilters } from '#libs/jq';
import type { Logger } from '#libs/telemetry';
import { A2aDialer } from '../conversation/a2a/dialer.js';
import { Dialer } from '../conversation/dialer.js';
import type { ResolvedApi } from '../conversation/grpc/api.js';
import { GrpcDialer } from '../conversation/grpc/dialer.js';
import { HttpApiDialer } from '../conversation/openapi/dialer.js';
import { HttpTools } from '../conversation/openapi/tools.js';
import { KeptContent } from '../conversation/own/contents.js';
import { OwnDialer } from '../conversation/own/dialer.js';
import type { Settings } from '../tool-invocation.settings.js';
import type { AccessTls, TransportKind } from '../transport/channel.js';
import { type ConnectorDeps, ConnectorPools } from '../transport/connector/pools.js';
import { EgressPolicy } from '../transport/egress/egress-policy.js';
import { HttpApiSender } from '../transport/http-api/sender.js';
import { Pools } from '../transport/http/pools.js';
import { SseTransport } from '../transport/sse/transport.js';
import { Strays } from '../transport/strays.js';
import { ProgramNotes } from '../transport/stdio/program-notes.js';
import { Sandbox } from '../transport/stdio/sandbox/sandbox.js';
import { ProcessQuota, StdioTransport } from '../transport/stdio/transport.js';
import { HttpTransport } from '../transport/streamable-http/transport.js';
import { headChecks, urlBook } from './addresses/http-addresses.js';
import { type Reached, spread } from './addresses/several-addresses.js';
import { SingleFlight } from './single-flight.js';
import { Upstream, type UpstreamHost } from './upstream.js';

const KINDS: Readonly<Record<UpstreamProfile['transport'], TransportKind>> = {
  STREAMABLEHTTP: 'http',
  SSE: 'sse',
  STDIO: 'stdio',
  OPENAPI: 'api',
  REST: 'api',
  GRPC: 'grpc',
  A2A: 'a2a',
  OWN: 'own',
};

const NOTHING_OPEN = { close: async (): Promise<void> => {} };

/** Makes an upstream of its profile, with the transport it is reached by. */
export class UpstreamFactory {
  readonly processes: ProcessQuota;
  private readonly egress: EgressPolicy;
  private readonly sandbox: Sandbox;
  private readonly notes: ProgramNotes;
  /** Of all HTTP APIs. */
  private readonly filters = new JsonFilters();

  constructor(
    private readonly settings: Settings,
    private readonly logger: Logger,
    private readonly bus: Bus,
    private readonly joined: ConnectorDeps['joined'],
  ) {
    this.egress = new EgressPolicy(settings.egress);
    this.sandbox = new Sandbox(settings.stdio, logger);
    this.notes = new ProgramNotes(bus);
    this.processes = new ProcessQuota(settings.stdio.processesMax);
  }

  /** Throws `upstream.refused` where the upstream may not be reached from here. */
  build(profile: UpstreamProfile, host: UpstreamHost): Upstream {
    const kind = KINDS[profile.transport];
    if (kind === 'api') return this.api(profile, host);
    if (kind === 'grpc') return this.grpc(profile, host);
    if (kind === 'a2a') return this.agent(profile, host);
    if (kind === 'own') return this.own(profile, host);
    const { transport, addresses } = this.reaching(profile, kind);
    const { openTimeoutMs } = this.settings.sessions;
    const dialer = new Dialer(transport, kind, openTimeoutMs, profile.onlyEra ?? null, addresses);
    return new Upstream(profile, kind, transport, dialer, this.settings, host);
  }

  private api(profile: UpstreamProfile, host: UpstreamHost): Upstream {
    const { id } = profile;
    this.egress.parse(profile.url);
    const sender = new HttpApiSender(this.settings, this.egress);
    const resolving = new SingleFlight<HttpToolSource>('registry.unavailable');
    const tools = new HttpTools((name) =>
      resolving.ask(
        name,
        () => this.bus.ask(ResolveHttpTool, { upstreamId: id, name }),
        ({ head }) => head,
      ),
    );
    const withoutSlash = (url: string): string => url.replace(/\/$/, '');
    const book = profile.addresses && urlBook(profile, this.egress, this.logger, withoutSlash);
    const addresses = book && headChecks(book, sender);
    const dialer = new HttpApiDialer(profile.url ?? '', tools, sender, this.filters, addresses);
    return new Upstream(profile, 'api', sender, dialer, this.settings, host);
  }

  private grpc(profile: UpstreamProfile, host: UpstreamHost): Upstream {
    const { id, url } = profile;
    this.egress.parse(url);
    const book = profile.addresses && urlBook(profile, this.egress, this.logger);
    const resolving = new SingleFlight<ResolvedApi>('registry.unavailable');
    const resolve = (): Promise<ResolvedApi> =>
      resolving.ask(
        id,
        () => this.bus.ask(ResolveGrpcApi, { upstreamId: id }),
        ({ head, body }) => ({ api: head, descriptors: body?.toString() ?? '' }),
      );
    const dialer = new GrpcDialer(url ?? '', resolve, this.settings, this.egress, book);
    return new Upstream(profile, 'grpc', dialer, dialer, this.settings, host);
  }

  private agent(profile: UpstreamProfile, host: UpstreamHost): Upstream {
    const { settings, egress } = this;
    const url = profile.agent?.url ?? profile.url;
    egress.parse(url);
    const looks = new HttpApiSender(settings, egress);
    const book = profile.addresses && urlBook({ ...profile, url }, egress, this.logger);
    const dialer = new A2aDialer(profile.agent ?? undefined, settings, egress, book && headChecks(book, looks));
    const open = { close: async () => void (await Promise.all([dialer.close(), looks.close()])) };
    return new Upstream(profile, 'a2a', open, dialer, settings, host);
  }

  private own(profile: UpstreamProfile, host: UpstreamHost): Upstream {
    const { id } = profile;
    const resolving = new SingleFlight<OwnContent>('registry.unavailable');
    const content = new KeptContent(() =>
      resolving.ask(
        id,
        () => this.bus.ask(ResolveOwnContent, { upstreamId: id }),
        ({ head }) => head,
      ),
    );
    return new Upstream(profile, 'own', NOTHING_OPEN, new OwnDialer(content), this.settings, host);
  }

  /** The connector decides what its names lead to: no address is dialled from here. */
  private behindConnector(address: string, kind: TransportKind, strays: Strays): HttpTransport {
    const name = connectorNameOf(address);
    if (name === null || kind !== 'http') {
      const message = 'This upstream may not be reached from here: a connector carries Streamable HTTP alone';
      throw fail('upstream.refused', { message, executed: 'no' });
    }
    const { bus, joined, settings } = this;
    return new HttpTransport(
      // Not its name: that need be no host of a URL.
      new URL('http://connector/'),
      () => new ConnectorPools(name, { bus, joined }),
      settings,
      strays,
    );
  }

  private reaching(profile: UpstreamProfile, kind: TransportKind): Reached {
    if (kind === 'stdio') {
      const { id: upstreamId, name, command: program, args, cwd = null } = profile;
      const command = { upstreamId, name, command: program ?? '', args, cwd };
      const { settings, processes, sandbox, notes, logger } = this;
      return { transport: new StdioTransport(command, settings, processes, sandbox, notes, logger) };
    }
    const { settings, egress } = this;
    const strays = new Strays(profile.id, this.logger);
    if (profile.addresses !== undefined)
      return spread(profile, kind, { settings, egress, strays, logger: this.logger });
    if (isConnectorUrl(profile.url)) return { transport: this.behindConnector(profile.url, kind, strays) };
    const url = egress.parse(profile.url);
    if (kind !== 'http') return { transport: new SseTransport(url, settings, egress, strays) };
    const poolsOf = (tls?: AccessTls): Pools => new Pools(url.origin, settings, egress, tls);
    return { transport: new HttpTransport(url, poolsOf, settings, strays) };
  }
}
