import { randomUUID } from 'node:crypto';
import { fail, toGatewayError } from '#libs/errors';
import type { LogLevel } from '#contracts/tool-invocation/execute-call.request';
import type { ForwardedMethod } from '#libs/mcp';
import { type AdmittedCall, type BoundCall, type PlacedCall, isLogLevel } from '../call/calls.js';
import type { CallJournal } from '../forwarding/call-journal.js';
import type { Catalogs } from '../catalog/catalogs.js';
import type { EndpointCatalog } from '../catalog/endpoint-catalog.js';
import type { ResourceLinks } from '../catalog/resource-links.js';
import { type Means, type Target, bind, findTarget, notFound, readingOf } from './targets.js';

/** What a session's client hears of logs until it says otherwise. */
const DEFAULT_LOG_LEVEL: LogLevel = 'info';

/** Finds the way of a call in the read model; asks nobody when that is loaded. */
export class Router {
  constructor(
    private readonly catalogs: Catalogs,
    private readonly means: Means,
    private readonly journal: CallJournal,
    private readonly links: ResourceLinks,
  ) {}

  place(call: AdmittedCall): PlacedCall | Promise<PlacedCall> {
    const catalog = this.catalogs.of(call.endpoint.serverId);
    return catalog instanceof Promise ? catalog.then((loaded) => placed(call, loaded)) : placed(call, catalog);
  }

  route(call: PlacedCall): BoundCall | Promise<BoundCall> {
    if (call.operation.does !== 'call') throw fail('mcp.method_unknown');
    const { method } = call.operation;
    try {
      const target = findTarget(call, method, this.means.seal);
      return target === null ? this.lookAgain(call, method) : bind(call, method, target, this.means);
    } catch (thrown) {
      throw this.refused(call, thrown);
    }
  }

  /** The name may have come since the catalog was loaded, and the fact may have been lost. */
  private async lookAgain(call: PlacedCall, method: ForwardedMethod): Promise<BoundCall> {
    try {
      const again = placed(call, await this.catalogs.revalidated(call.endpoint.serverId));
      const target = findTarget(again, method, this.means.seal) ?? (await this.findLinked(again, method));
      if (target === null) throw notFound(call, method);
      return bind(again, method, target, this.means);
    } catch (thrown) {
      throw this.refused(call, thrown);
    }
  }

  private async findLinked(call: PlacedCall, method: ForwardedMethod): Promise<Target | null> {
    if (method !== 'resources/read') return null;
    const uri = call.request.params.value['uri'] as string;
    const place = await this.links.find(call, uri);
    return place && readingOf(uri, place);
  }

  private refused(call: PlacedCall, thrown: unknown): unknown {
    this.journal.refused(call, randomUUID(), toGatewayError(thrown));
    return thrown;
  }
}

const placed = (call: AdmittedCall, catalog: EndpointCatalog): PlacedCall => {
  if (!catalog.isSeenBy(call.principal)) throw fail('registry.server_unknown');
  return { ...call, catalog, view: catalog.view(call.principal), logLevel: logLevelOf(call) };
};

const logLevelOf = ({ envelope, session }: AdmittedCall): LogLevel | null => {
  if (envelope === null) return session === null ? null : (session.logLevel ?? DEFAULT_LOG_LEVEL);
  if (envelope.logLevel === undefined) return null;
  if (!isLogLevel(envelope.logLevel)) throw fail('mcp.params_invalid', { message: 'Unknown log level' });
  return envelope.logLevel;
};
