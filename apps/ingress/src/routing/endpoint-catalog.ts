import { LRUCache } from 'lru-cache';
import type { Principal } from '#contracts/auth/principal';
import type {
  Catalog,
  CatalogPrompt,
  CatalogResource,
  CatalogResourceTemplate,
  CatalogTool,
  SessionScope,
  Sight,
} from '#contracts/registry/catalog';
import { maySee } from '#libs/identity';
import { CatalogView, type PageShape } from './catalog-view.js';
import type { Listings } from './listings.js';
import { type UriTemplate, compileUriTemplate } from './uri-template.js';

const VIEWS_MAX = 256;

/** One endpoint's catalog, ready for look-ups: none of them costs more when there are more entries. */
export class EndpointCatalog {
  private readonly tools: ReadonlyMap<string, CatalogTool>;
  private readonly prompts: ReadonlyMap<string, CatalogPrompt>;
  private readonly resources: ReadonlyMap<string, CatalogResource>;
  private readonly templates: ReadonlyMap<string, CatalogResourceTemplate>;
  private compiled: readonly { readonly entry: CatalogResourceTemplate; readonly template: UriTemplate }[] | null =
    null;
  private readonly views = new LRUCache<string, CatalogView>({ max: VIEWS_MAX });
  private readonly viewOf = new WeakMap<Principal, CatalogView>();
  private readonly sights: readonly Sight[];
  /** Whether nothing here is hidden from anybody. */
  private readonly isForAll: boolean;
  private readonly scopes: ReadonlyMap<string, SessionScope>;
  /** The upstreams that each session of a client has a session of its own at. */
  readonly keptPerClient: readonly string[];

  constructor(
    readonly catalog: Catalog,
    private readonly shape: PageShape,
    private readonly listings: Listings,
  ) {
    this.tools = new Map(catalog.tools.map((tool) => [tool.name, tool]));
    this.prompts = new Map(catalog.prompts.map((prompt) => [prompt.name, prompt]));
    this.resources = new Map(catalog.resources.map((resource) => [resource.uri, resource]));
    this.templates = new Map(catalog.resourceTemplates.map((template) => [template.uriTemplate, template]));
    this.sights = sightsOf(catalog);
    this.isForAll = [catalog.server, ...this.sights].every(({ visibility }) => visibility === 'public');
    this.scopes = new Map(catalog.upstreams.map(({ id, sessionScope }) => [id, sessionScope]));
    this.keptPerClient = catalog.upstreams.filter((each) => each.sessionScope === 'client').map(({ id }) => id);
  }

  sessionScope(upstreamId: string): SessionScope {
    return this.scopes.get(upstreamId) ?? 'shared';
  }

  isSeenBy(principal: Principal): boolean {
    return maySee(principal, this.catalog.server);
  }

  tool(name: string, principal: Principal): CatalogTool | undefined {
    return seen(this.tools.get(name), principal);
  }

  prompt(name: string, principal: Principal): CatalogPrompt | undefined {
    return seen(this.prompts.get(name), principal);
  }

  /** By the URI itself, else by the first template it fits. */
  resource(uri: string, principal: Principal): CatalogResource | CatalogResourceTemplate | undefined {
    const exact = seen(this.resources.get(uri), principal);
    if (exact !== undefined) return exact;
    this.compiled ??= this.catalog.resourceTemplates.map((entry) => ({
      entry,
      template: compileUriTemplate(entry.uriTemplate),
    }));
    return this.compiled.find(({ entry, template }) => maySee(principal, entry) && template.matches(uri))?.entry;
  }

  template(uriTemplate: string, principal: Principal): CatalogResourceTemplate | undefined {
    return seen(this.templates.get(uriTemplate), principal);
  }

  view(principal: Principal): CatalogView {
    const known = this.viewOf.get(principal);
    if (known !== undefined) return known;
    const key = this.sights.map((sight) => (maySee(principal, sight) ? '1' : '0')).join('');
    let view = this.views.get(key);
    if (view === undefined) {
      view = new CatalogView(this.catalog, principal, this.shape, this.listings, this.isForAll);
      this.views.set(key, view);
    }
    this.viewOf.set(principal, view);
    return view;
  }
}

const seen = <T extends Sight>(entry: T | undefined, principal: Principal): T | undefined =>
  entry !== undefined && maySee(principal, entry) ? entry : undefined;

/** Each way in which an entry may be seen, once: two callers who agree on all of them see the same. */
const sightsOf = (catalog: Catalog): Sight[] => {
  const sights = new Map<string, Sight>();
  const { upstreams, tools, prompts, resources, resourceTemplates } = catalog;
  for (const entries of [upstreams, tools, prompts, resources, resourceTemplates]) {
    for (const { visibility, teamId, ownerEmail } of entries) {
      sights.set(JSON.stringify([visibility, teamId, ownerEmail]), { visibility, teamId, ownerEmail });
    }
  }
  return [...sights.values()];
};
