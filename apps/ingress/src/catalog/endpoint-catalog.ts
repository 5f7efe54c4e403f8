import { LRUCache } from 'lru-cache';
import type { Principal } from '#contracts/auth/principal';
import type {
  Catalog,
  Era,
  CatalogPrompt,
  CatalogResource,
  CatalogResourceTemplate,
  CatalogTool,
  CatalogUpstream,
  LinkedResource,
  SessionScope,
  AccessScope,
} from '#contracts/registry/catalog';
import { canView } from '#libs/identity';
import { CatalogView, type PageShape } from './catalog-view.js';
import { catalogOfEra, isSplit } from './catalog-of-era.js';
import type { Listings } from './listings.js';
import type { PreparedPages } from './prepared-pages.js';
import { type UriTemplate, compileUriTemplate } from './uri-template.js';

const VIEWS_MAX = 256;

/** Where a resource is, and what its upstream calls it. */
export interface ResourcePlace {
  readonly upstreamId: string;
  readonly upstreamUri: string;
}

/** One endpoint's catalog, ready for look-ups: none of them costs more when there are more entries. */
export class EndpointCatalog {
  private readonly tools: ReadonlyMap<string, CatalogTool>;
  private readonly prompts: ReadonlyMap<string, CatalogPrompt>;
  private readonly resources: ReadonlyMap<string, readonly (CatalogResource | LinkedResource)[]>;
  private readonly templates: ReadonlyMap<string, readonly CatalogResourceTemplate[]>;
  private compiled: readonly { readonly entry: CatalogResourceTemplate; readonly template: UriTemplate }[] | null =
    null;
  private readonly views = new LRUCache<string, CatalogView>({ max: VIEWS_MAX, dispose: (view) => view.release() });
  private readonly viewOf = new WeakMap<Principal, CatalogView>();
  private readonly scopes: readonly AccessScope[];
  /** Whether nothing here is hidden from anybody. */
  private readonly isForAll: boolean;
  private readonly upstreams: ReadonlyMap<string, CatalogUpstream>;
  /** The upstreams that each session of a client has a session of its own at. */
  readonly keptPerClient: readonly string[];
  private readonly byEra: Readonly<Record<Era, EndpointCatalog>>;

  constructor(
    readonly catalog: Catalog,
    private readonly shape: PageShape,
    private readonly listings: Listings,
    private readonly pages: PreparedPages,
    /** Whose clients it is for; `null`: all, or those of both, each with what is theirs (`inEra`). */
    readonly era: Era | null = null,
    isForOne = false,
  ) {
    this.byEra = isSplit(catalog)
      ? { modern: this.part('modern'), legacy: this.part('legacy') }
      : { modern: this, legacy: this };
    this.tools = new Map(catalog.tools.map((tool) => [tool.name, tool]));
    this.prompts = new Map(catalog.prompts.map((prompt) => [prompt.name, prompt]));
    // What is listed comes before what is only linked, and of several the first that is seen.
    this.resources = Map.groupBy([...catalog.resources, ...(catalog.linkedResources ?? [])], ({ uri }) => uri);
    this.templates = Map.groupBy(catalog.resourceTemplates, ({ uriTemplate }) => uriTemplate);
    this.scopes = scopesOf(catalog);
    this.isForAll = !isForOne && [catalog.server, ...this.scopes].every(({ visibility }) => visibility === 'public');
    this.upstreams = new Map(catalog.upstreams.map((upstream) => [upstream.id, upstream]));
    this.keptPerClient = catalog.upstreams.filter((each) => each.sessionScope === 'client').map(({ id }) => id);
  }

  /** What is offered to clients of an era. */
  inEra(era: Era): EndpointCatalog {
    return this.byEra[era];
  }

  /** The same endpoint with other entries, which are not for everybody. */
  with(catalog: Catalog): EndpointCatalog {
    return new EndpointCatalog(catalog, this.shape, this.listings, this.pages, this.era, true);
  }

  upstream(upstreamId: string): CatalogUpstream | undefined {
    return this.upstreams.get(upstreamId);
  }

  sessionScope(upstreamId: string): SessionScope {
    return this.upstreams.get(upstreamId)?.sessionScope ?? 'shared';
  }

  /** What a call to this upstream may take; `undefined` where it has no time of its own. */
  timeoutMs(upstreamId: string): number | undefined {
    return this.upstreams.get(upstreamId)?.timeoutMs;
  }

  isSeenBy(principal: Principal): boolean {
    return canView(principal, this.catalog.server);
  }

  tool(name: string, principal: Principal): CatalogTool | undefined {
    return seen(this.tools.get(name), principal);
  }

  prompt(name: string, principal: Principal): CatalogPrompt | undefined {
    return seen(this.prompts.get(name), principal);
  }

  /** By the URI itself, else by the first template it fits. */
  resource(uri: string, principal: Principal): ResourcePlace | undefined {
    const exact = firstSeen(this.resources.get(uri), principal);
    if (exact !== undefined) return { upstreamId: exact.upstreamId, upstreamUri: exact.upstreamUri ?? uri };
    this.compiled ??= this.catalog.resourceTemplates.map((entry) => ({
      entry,
      template: compileUriTemplate(entry.uriTemplate),
    }));
    const fits = this.compiled.find(({ entry, template }) => canView(principal, entry) && template.matches(uri));
    return fits && { upstreamId: fits.entry.upstreamId, upstreamUri: uri };
  }

  template(uriTemplate: string, principal: Principal): ResourcePlace | undefined {
    const entry = firstSeen(this.templates.get(uriTemplate), principal);
    return entry && { upstreamId: entry.upstreamId, upstreamUri: uriTemplate };
  }

  private part(era: Era): EndpointCatalog {
    return new EndpointCatalog(catalogOfEra(this.catalog, era), this.shape, this.listings, this.pages, era);
  }

  view(principal: Principal): CatalogView {
    const known = this.viewOf.get(principal);
    if (known !== undefined) return known;
    const key = this.scopes.map((scope) => (canView(principal, scope) ? '1' : '0')).join('');
    let view = this.views.get(key);
    if (view === undefined) {
      view = new CatalogView(this.catalog, principal, this.shape, this.listings, this.isForAll, this.pages.shelf());
      this.views.set(key, view);
    }
    this.viewOf.set(principal, view);
    return view;
  }

  /** Another catalog has come in its place. */
  release(): void {
    this.views.clear();
    for (const part of Object.values(this.byEra)) if (part !== this) part.release();
  }
}

const firstSeen = <T extends AccessScope>(entries: readonly T[] | undefined, principal: Principal): T | undefined =>
  entries?.find((entry) => canView(principal, entry));

const seen = <T extends AccessScope>(entry: T | undefined, principal: Principal): T | undefined =>
  entry !== undefined && canView(principal, entry) ? entry : undefined;

/** Each way in which an entry may be seen, once: two callers who agree on all of them see the same. */
const scopesOf = (catalog: Catalog): AccessScope[] => {
  const scopes = new Map<string, AccessScope>();
  const { upstreams, tools, prompts, resources, resourceTemplates } = catalog;
  for (const entries of [upstreams, tools, prompts, resources, resourceTemplates]) {
    for (const { visibility, teamId, ownerEmail } of entries) {
      scopes.set(JSON.stringify([visibility, teamId, ownerEmail]), { visibility, teamId, ownerEmail });
    }
  }
  return [...scopes.values()];
};
