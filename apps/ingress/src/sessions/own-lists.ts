import { LRUCache } from 'lru-cache';
import type { Principal } from '#contracts/auth/principal';
import type { Catalog, CatalogUpstream } from '#contracts/registry/catalog';
import { type ShownEntry, ShowEntries } from '#contracts/registry/show-entries.request';
import {
  DescribeOwnLists,
  type OwnEntry,
  type OwnLists as Lists,
  OwnListsChanged,
} from '#contracts/tool-invocation/own-lists.request';
import type { Bus, Subscription } from '#libs/bus';
import { canBeAsked, capabilityKey, type ListKind, MODERN_REVISION, sessionCapabilities } from '#libs/mcp';
import type { EndpointCatalog } from '../catalog/index.js';
import type { Listener } from './feeds/resource-watch.js';
import { clientKeyOf, dedicatedSessionOf } from './session-affinity.js';

const OWNERS_MAX = 10_000;
const CALLERS_MAX = 64;
const CATALOGS_MAX = 64;

type ShownOwnEntry = OwnEntry & { readonly shown: ShownEntry };

/** What a process lists otherwise, as its callers see it. */
interface OwnView {
  readonly entries: readonly ShownOwnEntry[];
  readonly missing: ReadonlySet<string>;
}

/** Whose process lists something else, and what that is to each of its callers that has asked. */
interface Owned {
  readonly instance: string;
  readonly views: LRUCache<string, OwnView | { readonly none: true }>;
  readonly loading: Map<string, Promise<OwnView | { readonly none: true }>>;
}

const NONE = { none: true } as const;

/**
 * Where an upstream has a process for a caller, or for some, what that process lists is listed for them and may be called
 * by them, in the place of what the upstream lists for everybody. Nothing is looked up while no upstream has told of such.
 */
export class OwnLists {
  private readonly upstreams = new Map<string, LRUCache<string, Owned>>();
  private readonly watchers = new Set<() => void>();
  private readonly made = new WeakMap<
    EndpointCatalog,
    LRUCache<string, { readonly views: readonly OwnView[]; readonly catalog: EndpointCatalog }>
  >();
  private readonly subscription: Subscription;

  constructor(private readonly bus: Bus) {
    this.subscription = bus.subscribe(OwnListsChanged, ({ upstreamId, owner, instance }) => {
      let owners = this.upstreams.get(upstreamId);
      if (owners === undefined) this.upstreams.set(upstreamId, (owners = new LRUCache({ max: OWNERS_MAX })));
      owners.set(owner, { instance, views: new LRUCache({ max: CALLERS_MAX }), loading: new Map() });
      for (const watcher of this.watchers) watcher();
    });
  }

  /** Hears when something may be listed otherwise for somebody. */
  onChange(watcher: () => void): void {
    this.watchers.add(watcher);
  }

  /** The endpoint's catalog as this caller has it; at once where it is everybody's, or known. */
  of(catalog: EndpointCatalog, principal: Principal, listener: Listener): EndpointCatalog | Promise<EndpointCatalog> {
    if (this.upstreams.size === 0) return catalog;
    const views: (readonly [CatalogUpstream, OwnView])[] = [];
    const loading: Promise<unknown>[] = [];
    for (const upstreamId of this.upstreams.keys()) {
      const upstream = catalog.upstream(upstreamId);
      if (upstream === undefined) continue;
      const view = this.viewOf(upstream, catalog, principal, listener);
      if (view instanceof Promise) loading.push(view);
      else if (!('none' in view)) views.push([upstream, view]);
    }
    if (loading.length > 0) return Promise.all(loading).then(() => this.of(catalog, principal, listener));
    return views.length === 0 ? catalog : this.make(catalog, views);
  }

  close(): void {
    this.subscription.close();
  }

  private viewOf(
    { id: upstreamId }: CatalogUpstream,
    catalog: EndpointCatalog,
    principal: Principal,
    { session, capabilities }: Listener,
  ): OwnView | typeof NONE | Promise<unknown> {
    const dedicatedSession = dedicatedSessionOf({ catalog, principal, session }, upstreamId);
    const declared = sessionCapabilities(capabilities);
    const owner = dedicatedSession?.key ?? (canBeAsked(declared) ? `principal ${principal.id}` : 'everybody');
    const owned = this.upstreams.get(upstreamId)?.get(owner);
    if (owned === undefined) return NONE;
    const clientKey = clientKeyOf(session);
    const caller = `${catalog.era} ${capabilityKey(declared)} ${clientKey ?? ''} ${principal.id}`;
    const known = owned.views.get(caller);
    if (known !== undefined) return known;
    let loading = owned.loading.get(caller);
    if (loading === undefined) {
      const request = {
        upstreamId,
        principalId: principal.id,
        capabilities,
        revision: session?.revision ?? MODERN_REVISION,
        ...(clientKey !== undefined && { clientKey }),
        ...(dedicatedSession && { dedicatedSession }),
      };
      loading = this.load(owned, request)
        // Whoever cannot be asked now has told of its change, or of its end, when it can.
        .catch(() => NONE)
        .then((view) => {
          owned.views.set(caller, view);
          owned.loading.delete(caller);
          return view;
        });
      owned.loading.set(caller, loading);
    }
    return loading;
  }

  private async load(
    { instance }: Owned,
    request: Parameters<typeof this.describe>[1],
  ): Promise<OwnView | typeof NONE> {
    const lists = await this.describe(instance, request);
    if (lists === null) return NONE;
    const { upstreamId } = request;
    const asked = lists.entries.map(({ list, name, definition }) => ({ list, name, definition }));
    const { shown } = (await this.bus.ask(ShowEntries, { upstreamId, entries: asked })).head;
    const entries: ShownOwnEntry[] = [];
    for (const [index, entry] of lists.entries.entries()) {
      const its = shown[index];
      if (its) entries.push({ ...entry, shown: its });
    }
    return { entries, missing: new Set(lists.missing.map(({ list, name }) => `${list} ${name}`)) };
  }

  private async describe(
    instance: string,
    request: {
      readonly upstreamId: string;
      readonly principalId: string;
      readonly capabilities: Readonly<Record<string, unknown>>;
      readonly revision: string;
    },
  ): Promise<Lists | null> {
    return (await this.bus.ask(DescribeOwnLists, request, { instance })).head.lists;
  }

  private make(catalog: EndpointCatalog, views: readonly (readonly [CatalogUpstream, OwnView])[]): EndpointCatalog {
    let made = this.made.get(catalog);
    if (made === undefined) this.made.set(catalog, (made = new LRUCache({ max: CATALOGS_MAX })));
    const key = views.map(([, view]) => idOf(view)).join(' ');
    let known = made.get(key);
    if (known === undefined) {
      const own = views.reduce((parts, [upstream, view]) => withOwn(parts, upstream, view), catalog.catalog);
      known = { views: views.map(([, view]) => view), catalog: catalog.with(own) };
      made.set(key, known);
    }
    return known.catalog;
  }
}

let lastId = 0;
const ids = new WeakMap<OwnView, number>();
const idOf = (view: OwnView): number => {
  const known = ids.get(view);
  if (known !== undefined) return known;
  ids.set(view, ++lastId);
  return lastId;
};

/** A virtual server shows what was chosen for it: nothing is added there. */
const withOwn = (catalog: Catalog, upstream: CatalogUpstream, { entries, missing }: OwnView): Catalog => {
  const { id: upstreamId, visibility, teamId, ownerEmail } = upstream;
  const addsEntries = catalog.server.id === null;
  const merge = <Entry extends { readonly upstreamId: string; readonly definition: string }>(
    list: ListKind,
    listed: readonly Entry[],
    nameOf: (entry: Entry) => string,
    exposedOf: (entry: Entry) => string,
    add: (entry: ShownOwnEntry) => Entry,
  ): readonly Entry[] => {
    const own = new Map(entries.filter((entry) => entry.list === list).map((entry) => [entry.name, entry]));
    const merged: Entry[] = [];
    const taken = new Set<string>();
    for (const entry of listed) {
      const isTheirs = entry.upstreamId === upstreamId;
      if (isTheirs && missing.has(`${list} ${nameOf(entry)}`)) continue;
      const its = isTheirs ? own.get(nameOf(entry)) : undefined;
      merged.push(its === undefined ? entry : { ...entry, ...changeOf(list, its) });
      taken.add(exposedOf(entry));
      if (its !== undefined) own.delete(its.name);
    }
    if (!addsEntries) return merged;
    for (const entry of own.values()) {
      if (taken.has(entry.shown.name)) continue;
      taken.add(entry.shown.name);
      merged.push(add(entry));
    }
    return merged;
  };
  const common = ({ name, shown }: ShownOwnEntry) => ({
    id: `${upstreamId} ${name}`,
    upstreamId,
    definition: shown.definition,
    visibility,
    teamId,
    ownerEmail,
  });
  const named = (entry: ShownOwnEntry) => ({ ...common(entry), name: entry.shown.name, upstreamName: entry.name });
  return {
    ...catalog,
    tools: merge(
      'tools',
      catalog.tools,
      ({ upstreamName }) => upstreamName,
      ({ name }) => name,
      (entry) => ({ ...named(entry), headerParams: entry.headerParams }),
    ),
    prompts: merge(
      'prompts',
      catalog.prompts,
      ({ upstreamName }) => upstreamName,
      ({ name }) => name,
      named,
    ),
    resources: merge(
      'resources',
      catalog.resources,
      ({ uri, upstreamUri }) => upstreamUri ?? uri,
      ({ uri }) => uri,
      (entry) => ({ ...common(entry), uri: entry.name }),
    ),
    resourceTemplates: merge(
      'resourceTemplates',
      catalog.resourceTemplates,
      ({ uriTemplate }) => uriTemplate,
      ({ uriTemplate }) => uriTemplate,
      (entry) => ({ ...common(entry), uriTemplate: entry.name }),
    ),
  };
};

const changeOf = (list: ListKind, { shown: { definition }, headerParams }: ShownOwnEntry) =>
  list === 'tools' ? { definition, headerParams } : { definition };
