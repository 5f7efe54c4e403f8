import { createHash } from 'node:crypto';
import type { Principal } from '#contracts/auth/principal';
import type {
  Catalog,
  CatalogPrompt,
  CatalogResource,
  CatalogResourceTemplate,
  CatalogTool,
  CatalogUpstream,
  Listing,
  AccessScope,
} from '#contracts/registry/catalog';
import type { CatalogList } from '#contracts/registry/catalog-changed.event';
import { canView } from '#libs/identity';
import type { CacheHints, CarriedJson, ListKind, ServerCapabilities, ServerCodec } from '#libs/mcp';
import { TASKS_EXTENSION, isModern, isObject, runsLegacyTasks } from '#libs/mcp';
import { ListAge } from './list-age.js';
import type { Listings } from './listings.js';
import type { LookUps } from './look-ups.js';
import { SEARCH_TOOLS } from './search/search-tools.js';
import type { SharedAnswer } from '#libs/mcp-http';
import type { PageShelf, PreparedPage } from './prepared-pages.js';

type Entry = { readonly definition: string };

export interface PageShape {
  /** Entries of a page, and what their definitions may take in UTF-8: a page ends where either is reached. */
  readonly size: number;
  readonly bytesMax: number;
  readonly ttlMsMax: number;
  readonly about: string;
}

const CURSOR_MARK = '@cursor@';
const TTL_MARK = Number.MAX_SAFE_INTEGER;
/** Extensions whose settings and content pass through the gateway unchanged. */
export const CARRIED_EXTENSIONS: readonly string[] = ['io.modelcontextprotocol/ui'];
/** Those of a client of 2026-07-28. Tasks never mean those of 2025-11-25. */
export const MODERN_EXTENSIONS: readonly string[] = [...CARRIED_EXTENSIONS, TASKS_EXTENSION];

/** A page of a list: what is the same for all who see it, and what this answer has of its own. */
export interface ListPage extends Pick<SharedAnswer, 'compressed'> {
  readonly start: CarriedJson;
  readonly end: string;
}

/** How it is found what one caller sees. */
export interface VisibleEntries extends Pick<LookUps, 'tools' | 'prompts'> {
  /** Whether everybody sees all of the catalog, as it is now. */
  readonly isForAll: boolean;
}

/** The part of a catalog that some callers see: all who see the same share one view, and its prepared pages. */
export class CatalogView {
  readonly upstreams: readonly CatalogUpstream[];
  private readonly lists: { -readonly [List in ListKind]?: Catalog[List] } = {};
  private readonly digests = new Map<CatalogList, string>();
  private readonly ages = new Map<Listing, ListAge>();
  private preparedCapabilities: ServerCapabilities | null = null;

  constructor(
    private readonly catalog: Catalog,
    private readonly principal: Principal,
    private readonly shape: PageShape,
    private readonly listings: Listings,
    private readonly visible: VisibleEntries,
    private readonly pages: PageShelf,
  ) {
    this.upstreams = this.seen(catalog.upstreams);
  }

  /** As they are listed. */
  get tools(): readonly CatalogTool[] {
    return this.catalog.server.toolSearch === true ? SEARCH_TOOLS : this.offeredTools;
  }

  get prompts(): readonly CatalogPrompt[] {
    return (this.lists.prompts ??= this.seen(this.catalog.prompts, this.visible.prompts));
  }

  get resources(): readonly CatalogResource[] {
    return (this.lists.resources ??= firstOf(this.seen(this.catalog.resources), ({ uri }) => uri));
  }

  get resourceTemplates(): readonly CatalogResourceTemplate[] {
    return (this.lists.resourceTemplates ??= firstOf(
      this.seen(this.catalog.resourceTemplates),
      ({ uriTemplate }) => uriTemplate,
    ));
  }

  /** As they may be called. */
  private get offeredTools(): readonly CatalogTool[] {
    return (this.lists.tools ??= this.seen(this.catalog.tools, this.visible.tools));
  }

  /** A page, good for as long as is said in it. `cursor` writes the caller's own for the next one. */
  page(list: ListKind, codec: ServerCodec, from: number, cursor: (next: number) => string): ListPage {
    const { ttlMs, cacheScope } = this.age(list);
    const name = `${codec.revision} ${list} ${from} ${cacheScope}`;
    const { texts, next } = this.pages.of(name, () => this.prepare(list, codec, from, cacheScope));
    const [start, middle, tail] = texts;
    const till = tail === '' ? '' : `${ttlMs}${tail}`;
    const compressed: ListPage['compressed'] = (coding, make) => this.pages.compressed(name, coding, make);
    return { start, end: next === null ? till : `${cursor(next)}${middle}${till}`, compressed };
  }

  /** How long an answer of now is good. */
  age(listing: Listing): CacheHints {
    let age = this.ages.get(listing);
    if (age === undefined) {
      const { listings, shape } = this;
      const { isForAll } = this.visible;
      const upstreamIds = this.sources(listing);
      age = new ListAge(listings, { listing, upstreamIds, isForAll, ttlMsMax: shape.ttlMsMax });
      this.ages.set(listing, age);
    }
    return age.use(Date.now());
  }

  /** Changes whenever this list, as these callers see it, does. */
  digest(list: CatalogList): string {
    const known = this.digests.get(list);
    if (known !== undefined) return known;
    const hash = createHash('sha256');
    const entries: readonly Entry[] =
      list === 'resources' ? [...this.resources, ...this.resourceTemplates] : this[list];
    for (const { definition } of entries) hash.update(definition).update('\n');
    const digest = hash.digest('base64url');
    this.digests.set(list, digest);
    return digest;
  }

  /** The union of what the upstreams can do, as far as it can be relayed. */
  get capabilities(): ServerCapabilities {
    this.preparedCapabilities ??= {
      logging: this.some('logging'),
      completions: this.some('completions'),
      subscribe: this.upstreams.some(hasSubscriptions),
      extensions: this.extensions(),
      instructions: this.instructions(),
      ...(this.catalog.gatewayId !== undefined && { gatewayId: this.catalog.gatewayId }),
    };
    return this.preparedCapabilities;
  }

  /** Whether the upstream tells of changes of its resources. */
  hasSubscriptions(upstreamId: string): boolean {
    return this.upstreams.some((upstream) => upstream.id === upstreamId && hasSubscriptions(upstream));
  }

  /** Nobody sees it this way any more. */
  release(): void {
    this.pages.clear();
  }

  /** The lists of the catalog change in place: what a view has seen stays. */
  private seen<T extends AccessScope>(
    entries: readonly T[],
    index?: { among(principal: Principal): readonly T[] },
  ): readonly T[] {
    const { principal } = this;
    if (this.visible.isForAll && principal.confinedTo === undefined) return [...entries];
    return (index?.among(principal) ?? entries).filter((entry) => canView(principal, entry));
  }

  private some(capability: string): boolean {
    return this.upstreams.some(({ capabilities }) => isObject(capabilities[capability]));
  }

  private extensions(): Record<string, unknown> {
    const carried: Record<string, unknown> = {};
    if (this.offeredTools.some(({ taskAfterMs }) => taskAfterMs !== undefined)) carried[TASKS_EXTENSION] = {};
    for (const { capabilities } of this.upstreams) {
      if (runsLegacyTasks(capabilities)) carried[TASKS_EXTENSION] = {};
      const declared = capabilities['extensions'];
      if (!isObject(declared)) continue;
      for (const name of MODERN_EXTENSIONS) if (Object.hasOwn(declared, name)) carried[name] ??= declared[name];
    }
    return carried;
  }

  private instructions(): string | null {
    const said = this.upstreams.filter(({ instructions }) => instructions !== null && instructions !== '');
    if (said.length === 0) return null;
    if (said.length === 1 && this.upstreams.length === 1) return said[0]?.instructions ?? null;
    return said.map(({ name, instructions }) => `# ${name}\n\n${instructions}`).join('\n\n');
  }

  /** Where everything is shown, what no upstream has yet may come; a virtual server has what was chosen for it. */
  private sources(listing: Listing): readonly string[] {
    if (listing === 'about' || this.catalog.server.id === null) return this.upstreams.map(({ id }) => id);
    const entries = listing === 'tools' ? this.offeredTools : this[listing];
    return [...new Set(entries.map(({ upstreamId }) => upstreamId))];
  }

  private prepare(
    list: ListKind,
    codec: ServerCodec,
    from: number,
    cacheScope: CacheHints['cacheScope'],
  ): PreparedPage {
    const entries: readonly Entry[] = this[list];
    const definitions = this.definitionsOfPage(entries, from, (text) => codec.definition(list, text));
    const end = from + definitions.length;
    const next = end < entries.length ? end : null;
    const mark = next === null ? null : CURSOR_MARK;
    const whole = codec.listResult(list, definitions, mark, { ttlMs: TTL_MARK, cacheScope }, this.shape.about);
    const [body, tail] = isModern(codec.revision) ? splitLast(whole, String(TTL_MARK)) : [whole, ''];
    const [start, middle] = mark === null ? [body, ''] : splitLast(body, mark);
    return { texts: [kept(start), middle, tail], next };
  }

  /** As many as a page holds, and one at least. */
  private definitionsOfPage(entries: readonly Entry[], from: number, written: (text: string) => string): string[] {
    const { size, bytesMax } = this.shape;
    const texts: string[] = [];
    let bytes = 0;
    for (const { definition } of entries.slice(from, from + size)) {
      const text = written(definition);
      bytes += Buffer.byteLength(text);
      if (bytes > bytesMax && texts.length > 0) break;
      texts.push(text);
    }
    return texts;
  }
}

/** Of several with one URI the first, which is the one that is read by it. */
const firstOf = <T>(entries: readonly T[], keyOf: (entry: T) => string): readonly T[] => {
  const first = new Map<string, T>();
  for (const entry of entries) if (!first.has(keyOf(entry))) first.set(keyOf(entry), entry);
  return first.size === entries.length ? entries : [...first.values()];
};

/** Whatever entries say stands before the marks, so the last is ours. */
const splitLast = (text: string, mark: string): readonly [string, string] => {
  const at = text.lastIndexOf(mark);
  return [text.slice(0, at), text.slice(at + mark.length)];
};

/** From here on a text is not written anew for each answer. */
const KEPT_CHARS_MIN = 1_024;

const kept = (text: string): CarriedJson => (text.length < KEPT_CHARS_MIN ? text : Buffer.from(text));

const hasSubscriptions = ({ capabilities }: CatalogUpstream): boolean =>
  isObject(capabilities['resources']) && capabilities['resources']['subscribe'] === true;
