import type { Principal } from '#contracts/auth/principal';
import type { CatalogTool, CatalogUpstream, Era } from '#contracts/registry/catalog';
import { fail } from '#libs/errors';
import type { LogLevel } from '#contracts/tool-invocation/execute-call.request';
import { isLogLevel, isModern } from '#libs/mcp';
import type { ForwardedMethod } from '#libs/mcp';
import { type AdmittedCall, DEFAULT_LOG_LEVEL, type RoutedCall, type ScopedCall } from '../call/index.js';
import { type Catalogs, type EndpointCatalog, type ResourceLinks, SEARCH_TOOLS } from '../catalog/index.js';
import type { Listener, OwnLists } from '../sessions/index.js';
import { type RoutingDeps, bind } from './bind.js';
import { type Target, findTarget, notFound, readingOf } from './targets.js';

/** A tool, as it is called: in its newest era, where it is there in both. */
export interface FoundTool {
  readonly tool: CatalogTool;
  readonly upstream: CatalogUpstream;
  readonly eras: readonly Era[];
  readonly timeoutMs: number;
}

/** A tool that is answered here. */
export type SearchTool = Pick<FoundTool, 'tool' | 'timeoutMs'>;

/** Finds the way of a call in the read model; asks nobody when that is loaded. Fails with `registry.*_unknown`. */
export class Router {
  constructor(
    private readonly catalogs: Catalogs,
    private readonly links: ResourceLinks,
    private readonly ownLists: OwnLists,
    private readonly deps: RoutingDeps,
  ) {}

  /** Gives the call its endpoint's catalog. Fails with `registry.server_unknown` or `registry.unavailable`. */
  scope(call: AdmittedCall): ScopedCall | Promise<ScopedCall> {
    const catalog = this.catalogs.of(call.endpoint.serverId);
    return catalog instanceof Promise
      ? catalog.then((loaded) => this.scopeIn(call, loaded))
      : this.scopeIn(call, catalog);
  }

  private scopeIn(call: AdmittedCall, endpoint: EndpointCatalog): ScopedCall | Promise<ScopedCall> {
    if (!endpoint.isSeenBy(call.principal)) throw fail('registry.server_unknown');
    const catalog = endpoint.inEra(isModern(call.codec.revision) ? 'modern' : 'legacy');
    const own = this.ownLists.of(catalog, call.principal, listenerOf(call));
    return own instanceof Promise ? own.then((loaded) => scoped(call, loaded)) : scoped(call, own);
  }

  /**
   * What a tool of this name is to a caller without a session; `null` where there is none. Goes the way of a call. Fails
   * with `registry.server_unknown` or `registry.unavailable`.
   */
  async findTool(name: string, principal: Principal, serverId: string | null): Promise<FoundTool | null> {
    const found = await this.findToolIn(await this.catalogs.of(serverId), name, principal);
    return found ?? this.findToolIn(await this.catalogs.revalidate(serverId), name, principal);
  }

  /** One of the tools that stand for all others, as it is found where tools are searched; `null` elsewhere. Fails as `findTool` does. */
  async findSearchTool(name: string, principal: Principal, serverId: string | null): Promise<SearchTool | null> {
    const tool = SEARCH_TOOLS.find((each) => each.name === name);
    if (tool === undefined) return null;
    const endpoint = await this.catalogs.of(serverId);
    if (!endpoint.isSeenBy(principal)) throw fail('registry.server_unknown');
    return endpoint.isSearched ? { tool, timeoutMs: this.deps.timeoutMs } : null;
  }

  private async findToolIn(endpoint: EndpointCatalog, name: string, principal: Principal): Promise<FoundTool | null> {
    if (!endpoint.isSeenBy(principal)) throw fail('registry.server_unknown');
    const [eras, found]: [Era[], Omit<FoundTool, 'eras'>[]] = [[], []];
    for (const era of ['modern', 'legacy'] as const) {
      const catalog = await this.ownLists.of(endpoint.inEra(era), principal, NOBODY_LISTENS);
      const tool = catalog.tool(name, principal);
      const upstream = tool && catalog.upstream(tool.upstreamId);
      if (tool === undefined || upstream === undefined) continue;
      eras.push(era);
      found.push({ tool, upstream, timeoutMs: catalog.timeoutMs(upstream.id) ?? this.deps.timeoutMs });
    }
    return found[0] === undefined ? null : { ...found[0], eras };
  }

  /** Fails with `registry.tool_unknown` and its like for what is not there, or not for this caller to see. */
  route(call: ScopedCall): RoutedCall | Promise<RoutedCall> {
    if (call.operation.does !== 'call') throw fail('mcp.method_unknown');
    const { method } = call.operation;
    const target = findTarget(call, method, this.deps.seal);
    return target === null ? this.lookAgain(call, method) : bind(call, method, target, this.deps);
  }

  /** The name may have come since the catalog was loaded, and the fact may have been lost. */
  private async lookAgain(call: ScopedCall, method: ForwardedMethod): Promise<RoutedCall> {
    const again = await this.scopeIn(call, await this.catalogs.revalidate(call.endpoint.serverId));
    const target = findTarget(again, method, this.deps.seal) ?? (await this.findLinked(again, method));
    if (target === null) throw notFound(call, method);
    return bind(again, method, target, this.deps);
  }

  private async findLinked(call: ScopedCall, method: ForwardedMethod): Promise<Target | null> {
    if (method !== 'resources/read') return null;
    const uri = call.request.params.value['uri'] as string;
    const place = await this.links.find(call, uri);
    return place && readingOf(uri, place);
  }
}

const scoped = (call: AdmittedCall, catalog: EndpointCatalog): ScopedCall => ({
  ...call,
  catalog,
  view: catalog.view(call.principal),
  logLevel: logLevelOf(call),
  mirrors: call.headers,
});

const NO_CAPABILITIES = {};
const NOBODY_LISTENS: Listener = { session: null, capabilities: NO_CAPABILITIES };

const listenerOf = ({ session, envelope }: AdmittedCall): Listener => ({
  session,
  capabilities: session?.client.capabilities ?? envelope?.capabilities ?? NO_CAPABILITIES,
});

const logLevelOf = ({ envelope, session }: AdmittedCall): LogLevel | null => {
  if (envelope === null) return session === null ? null : (session.logLevel ?? DEFAULT_LOG_LEVEL);
  if (envelope.logLevel === undefined) return null;
  if (!isLogLevel(envelope.logLevel)) throw fail('mcp.params_invalid', { message: 'Unknown log level' });
  return envelope.logLevel;
};
