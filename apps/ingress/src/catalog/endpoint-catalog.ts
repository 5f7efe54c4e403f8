import { LRUCache } from 'lru-cache';
import type { Principal } from '#contracts/auth/principal';
import type {
  Catalog,
  CatalogDelta,
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
import { VIA_META } from '#libs/mcp';
import { canSee, canView, viewKeyOf } from '#libs/identity';
import { type VisibleEntries, CatalogView, type PageShape } from './catalog-view.js';
import { catalogOfEra, deltaOfEra, isSplit } from './catalog-of-era.js';
import type { CatalogStep } from '#contracts/registry/catalog-delta.rules';
import type { Listings } from './listings.js';
import { LookUps } from './look-ups.js';
import type { PreparedPages } from './prepared-pages.js';
import type { ToolIndex } from './search/tool-index.js';
import type { ToolIndexes } from './search/tool-indexes.js';
import { type UriTemplate, compileUriTemplate } from './uri-template.js';

const VIEWS_MAX = 256;

/** Where a resource is, and what its upstream calls it. */
export interface ResourcePlace {
  readonly upstreamId: string;
  readonly upstreamUri: string;
}

/** What the catalogs of all endpoints have in common. */
export interface CatalogMeans {
  readonly shape: PageShape;
  readonly listings: Listings;
  readonly pages: PreparedPages;
  readonly toolIndexes: ToolIndexes;
}

/** One endpoint's catalog, ready for look-ups: none of them costs more when there are more entries. */
export class EndpointCatalog {
  private readonly lookUps: LookUps;
  private readonly resources: ReadonlyMap<string, readonly (CatalogResource | LinkedResource)[]>;
  private readonly templates: ReadonlyMap<string, readonly CatalogResourceTemplate[]>;
  private compiled: readonly { readonly entry: CatalogResourceTemplate; readonly template: UriTemplate }[] | null =
    null;
  private readonly views = new LRUCache<string, CatalogView>({ max: VIEWS_MAX, dispose: (view) => view.release() });
  private readonly viewOf = new WeakMap<Principal, CatalogView>();
  /** Whether nothing here is hidden from anybody. */
  private readonly visible: VisibleEntries;
  private readonly upstreams: ReadonlyMap<string, CatalogUpstream>;
  /** The upstreams that each session of a client has a session of its own at. */
  readonly keptPerClient: readonly string[];
  /** What a call that comes from no other gateway says of its way to an upstream that is told. */
  readonly metaOfFirst: Readonly<Record<string, unknown>> | undefined;
  private readonly byEra: Readonly<Record<Era, EndpointCatalog>>;

  constructor(
    readonly catalog: Catalog,
    private readonly means: CatalogMeans,
    /** Whose clients it is for; `null`: all, or those of both, each with what is theirs (`inEra`). */
    readonly era: Era | null = null,
    private readonly isForOne = false,
    /** The catalog that this one takes the place of, whose look-ups it goes on with. */
    from: { readonly endpoint: EndpointCatalog; readonly step: CatalogStep } | null = null,
  ) {
    const before = from?.endpoint;
    this.lookUps = before?.lookUps ?? new LookUps(catalog);
    this.byEra = this.partsAfter(from);
    const { resources, linkedResources = [], resourceTemplates, upstreams } = catalog;
    const keeps = (list: 'resources' | 'linkedResources' | 'resourceTemplates' | 'upstreams'): boolean =>
      before?.catalog[list] === catalog[list];
    // What is listed comes before what is only linked, and of several the first that is seen.
    this.resources =
      before && keeps('resources') && keeps('linkedResources')
        ? before.resources
        : Map.groupBy([...resources, ...linkedResources], ({ uri }) => uri);
    this.templates =
      before && keeps('resourceTemplates')
        ? before.templates
        : Map.groupBy(resourceTemplates, ({ uriTemplate }) => uriTemplate);
    this.upstreams =
      before && keeps('upstreams') ? before.upstreams : new Map(upstreams.map((upstream) => [upstream.id, upstream]));
    this.keptPerClient = upstreams.filter((each) => each.sessionScope === 'client').map(({ id }) => id);
    this.metaOfFirst = metaOfFirst(catalog);
    this.visible = visibleIn(this.lookUps, isForOne);
  }

  /** What leads from here to the next catalog. `after` takes it. */
  stepBy(delta: CatalogDelta): CatalogStep {
    return this.lookUps.follow(delta);
  }

  /** The endpoint after a step. From then on nothing asks this one for anything but what has begun with it. */
  after(step: CatalogStep): EndpointCatalog {
    const next = new EndpointCatalog(step.catalog, this.means, this.era, this.isForOne, { endpoint: this, step });
    this.means.toolIndexes.follow(this, next, step);
    return next;
  }

  /** What is offered to clients of an era. */
  inEra(era: Era): EndpointCatalog {
    return this.byEra[era];
  }

  /** The same endpoint with other entries, which are not for everybody. */
  with(catalog: Catalog): EndpointCatalog {
    return new EndpointCatalog(catalog, this.means, this.era, true);
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

  /** Headers of clients that go on to this upstream; `undefined`: none. */
  passedHeaders(upstreamId: string): readonly string[] | undefined {
    return this.upstreams.get(upstreamId)?.passedHeaders;
  }

  /** Whether each call of this upstream is made for the token of its caller. */
  exchangesTokens(upstreamId: string): boolean {
    return this.upstreams.get(upstreamId)?.exchangesTokens === true;
  }

  /** Whether calls to this upstream say which gateways they went through. */
  isToldWay(upstreamId: string): boolean {
    return this.upstreams.get(upstreamId)?.isToldWay === true;
  }

  isSeenBy(principal: Principal): boolean {
    return canSee(principal, this.catalog.server);
  }

  /** Whether its tools are searched rather than listed. */
  get isSearched(): boolean {
    return this.catalog.server.toolSearch === true;
  }

  /** For searches among all its tools, whoever sees them. */
  toolIndex(): Promise<ToolIndex> {
    return this.means.toolIndexes.of(this);
  }

  tool(name: string, principal: Principal): CatalogTool | undefined {
    return seen(this.lookUps.tools.get(name), principal);
  }

  prompt(name: string, principal: Principal): CatalogPrompt | undefined {
    return seen(this.lookUps.prompts.get(name), principal);
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

  private partsAfter(
    from: { readonly endpoint: EndpointCatalog; readonly step: CatalogStep } | null,
  ): Readonly<Record<Era, EndpointCatalog>> {
    const wasSplit = from !== null && from.endpoint.byEra.modern !== from.endpoint;
    if (wasSplit) {
      const next = (era: Era): EndpointCatalog => {
        const part = from.endpoint.byEra[era];
        return part.after(part.stepBy(deltaOfEra(from.step.delta, era)));
      };
      return { modern: next('modern'), legacy: next('legacy') };
    }
    const splits = this.era === null && isSplit(from?.step.delta ?? this.catalog);
    return splits ? { modern: this.part('modern'), legacy: this.part('legacy') } : { modern: this, legacy: this };
  }

  private part(era: Era): EndpointCatalog {
    return new EndpointCatalog(catalogOfEra(this.catalog, era), this.means, era);
  }

  view(principal: Principal): CatalogView {
    const known = this.viewOf.get(principal);
    if (known !== undefined) return known;
    const key = viewKeyOf(principal, this.lookUps.audience);
    let view = this.views.get(key);
    if (view === undefined) {
      const { shape, listings, pages } = this.means;
      view = new CatalogView(this.catalog, principal, shape, listings, this.visible, pages.shelf());
      this.views.set(key, view);
    }
    this.viewOf.set(principal, view);
    return view;
  }

  /** Another catalog has come in its place. */
  release(): void {
    this.views.clear();
    this.means.toolIndexes.drop(this);
    for (const part of Object.values(this.byEra)) if (part !== this) part.release();
  }
}

/** Not within the constructor, where it would hold whatever is at hand there, and so each catalog the one before it. */
const visibleIn = ({ tools, prompts, audience }: LookUps, isForOne: boolean): VisibleEntries => ({
  tools,
  prompts,
  get isForAll() {
    return !isForOne && audience.isEverybody;
  },
});

const metaOfFirst = ({ gatewayId }: Catalog): EndpointCatalog['metaOfFirst'] =>
  gatewayId === undefined ? undefined : { [VIA_META]: [gatewayId] };

const firstSeen = <T extends AccessScope>(entries: readonly T[] | undefined, principal: Principal): T | undefined =>
  entries?.find((entry) => canView(principal, entry));

const seen = <T extends AccessScope>(entry: T | undefined, principal: Principal): T | undefined =>
  entry !== undefined && canView(principal, entry) ? entry : undefined;
