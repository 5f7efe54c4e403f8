import type { Catalog, CatalogDelta, CatalogUpstream } from '#contracts/registry/catalog';
import type { GatewayEntity } from '../gateways/gateway.entity.js';
import { Apps } from './apps.js';
import { withoutShadowed } from './shadows.js';
import { shownPrompt, shownResource, shownTemplate, shownTool } from './shown-entry.js';
import type { Snapshot } from './snapshot.js';
import type { KeptEntry } from './stored-entry.js';

/** A virtual server and what was chosen for it, by id, each with its place; or everything. */
export interface Endpoint {
  readonly server: Catalog['server'];
  /** Null: everything, in the order in which it came. */
  readonly chosen: ReadonlyMap<string, number> | null;
}

type UpstreamOf = (gateway: GatewayEntity) => CatalogUpstream;

/** All that the endpoint offers. */
export const wholeOf = (endpoint: Endpoint, snapshot: Snapshot, upstreamOf: UpstreamOf): Catalog => {
  const entries = new EndpointEntries(endpoint, snapshot);
  return {
    server: endpoint.server,
    revision: snapshot.revision,
    upstreams: entries.gateways().map(upstreamOf),
    ...entries.named(entries.members, entries.apps()),
    ...entries.byUri(),
  };
};

/** What has become of it since a revision; null where that cannot be told any more. */
export const deltaOf = (
  endpoint: Endpoint,
  snapshot: Snapshot,
  since: number,
  upstreamOf: UpstreamOf,
): CatalogDelta | null => {
  const changes = snapshot.changesSince(since);
  if (changes === null || changes.serverIds.has(endpoint.server.id ?? '')) return null;
  const { entryIds, gatewayIds, isWide } = changes;
  const entries = new EndpointEntries(endpoint, snapshot);
  const touched = new Set([...entryIds, ...[...gatewayIds].flatMap((id) => [...snapshot.idsOf(id)])]);
  if (isWide) for (const { stored, hasApp } of entries.members) if (hasApp) touched.add(stored.id);
  const there = [...touched].filter((id) => entries.has(id)).map((id) => snapshot.entry(id) as KeptEntry);
  const showsOtherUpstreams = gatewayIds.size > 0 || (endpoint.chosen !== null && touched.size > 0);
  return {
    since,
    revision: snapshot.revision,
    ...(showsOtherUpstreams && { upstreams: entries.gateways().map(upstreamOf) }),
    replacedUpstreamIds: [...gatewayIds],
    goneIds: [...touched].filter((id) => !entries.has(id)),
    ...entries.named(
      there.sort((one, other) => entries.orderOf(one) - entries.orderOf(other)),
      isWide ? entries.apps() : null,
    ),
    ...(isWide && entries.byUri()),
  };
};

/** What an endpoint offers at the moment of a snapshot. Lists are made when they are asked for. */
class EndpointEntries {
  private all: readonly KeptEntry[] | undefined;

  constructor(
    private readonly endpoint: Endpoint,
    private readonly snapshot: Snapshot,
  ) {}

  has(id: string): boolean {
    return (this.endpoint.chosen?.has(id) ?? true) && this.snapshot.entry(id) !== undefined;
  }

  orderOf({ stored }: KeptEntry): number {
    return this.endpoint.chosen?.get(stored.id) ?? stored.ordinal;
  }

  /** In the order in which they are shown. */
  get members(): readonly KeptEntry[] {
    const { chosen } = this.endpoint;
    this.all ??= (
      chosen === null ? [...this.snapshot.entries()] : [...chosen.keys()].flatMap((id) => this.snapshot.entry(id) ?? [])
    ).sort((one, other) => this.orderOf(one) - this.orderOf(other));
    return this.all;
  }

  gateways(): GatewayEntity[] {
    if (this.endpoint.chosen === null) return this.snapshot.gateways();
    const ids = new Set(this.members.map(({ stored }) => stored.gatewayId));
    return this.snapshot.gateways().filter(({ id }) => ids.has(id));
  }

  apps(): Apps {
    const entries = this.members.filter(({ hasApp }) => hasApp).map(({ stored }) => stored);
    return new Apps(entries, this.gateways(), [...this.snapshot.hiddenApps.values()]);
  }

  /** What goes by a name. */
  named(entries: readonly KeptEntry[], apps: Apps | null): Pick<Catalog, 'tools' | 'prompts'> {
    const placeOf = (entry: KeptEntry) => ({ order: this.orderOf(entry), scope: this.scopeOf(entry), apps });
    const of = (kind: string): KeptEntry[] => entries.filter(({ stored }) => stored.kind === kind);
    return {
      tools: of('tool').map((entry) => shownTool(entry, placeOf(entry))),
      prompts: of('prompt').map((entry) => shownPrompt(entry, placeOf(entry))),
    };
  }

  /** What goes by a URI. */
  byUri(): Required<Pick<Catalog, 'resources' | 'resourceTemplates' | 'linkedResources'>> {
    const apps = this.apps();
    const gatewayOf = (id: string): GatewayEntity | undefined => this.snapshot.gateway(id);
    const stored = this.members.map((entry) => entry.stored).filter(({ exposedName }) => exposedName === null);
    const shown = this.endpoint.chosen === null ? withoutShadowed(stored, gatewayOf) : stored;
    const scoped = shown.map((entry) => ({ entry, scope: gatewayOf(entry.gatewayId) as GatewayEntity }));
    return {
      resources: scoped
        .filter(({ entry }) => entry.kind === 'resource')
        .map(({ entry, scope }) => shownResource(entry, scope, apps)),
      resourceTemplates: scoped
        .filter(({ entry }) => entry.kind === 'template')
        .map(({ entry, scope }) => shownTemplate(entry, scope)),
      linkedResources: apps.linked(),
    };
  }

  private scopeOf({ stored }: KeptEntry): GatewayEntity {
    return this.snapshot.gateway(stored.gatewayId) as GatewayEntity;
  }
}
