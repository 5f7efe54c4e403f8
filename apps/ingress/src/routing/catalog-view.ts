import { createHash } from 'node:crypto';
import type { Principal } from '#contracts/auth/principal';
import type {
  Catalog,
  CatalogPrompt,
  CatalogResource,
  CatalogResourceTemplate,
  CatalogTool,
  CatalogUpstream,
  Sight,
} from '#contracts/registry/catalog';
import type { CatalogList } from '#contracts/registry/catalog-changed.event';
import { maySee } from '#libs/identity';
import type { ListKind, Offer, ServerCodec } from '#libs/mcp';
import { TASKS_EXTENSION, isObject, runsLegacyTasks } from '#libs/mcp';

type Entry = { readonly definition: string };

/** What one page looks like on the wire; between head and tail goes the cursor, which is the caller's own. */
export interface PreparedPage {
  readonly whole: string;
  /** Index in `whole` of the cursor's JSON text, and of what follows; `null` on the last page. */
  readonly cursor: { readonly start: number; readonly end: number } | null;
  readonly next: number;
}

export interface PageShape {
  readonly size: number;
  readonly ttlMs: number;
  readonly about: string;
}

const CURSOR_MARK = '"@"';
const PAGES_MAX = 64;
/** Extensions whose settings and content pass through the gateway unchanged. */
export const CARRIED_EXTENSIONS: readonly string[] = ['io.modelcontextprotocol/ui'];
/** Those of a client of 2026-07-28. Tasks never mean those of 2025-11-25. */
export const MODERN_EXTENSIONS: readonly string[] = [...CARRIED_EXTENSIONS, TASKS_EXTENSION];

/** The part of a catalog that some callers see: all who see the same share one view, and its prepared pages. */
export class CatalogView {
  readonly upstreams: readonly CatalogUpstream[];
  readonly tools: readonly CatalogTool[];
  readonly prompts: readonly CatalogPrompt[];
  readonly resources: readonly CatalogResource[];
  readonly resourceTemplates: readonly CatalogResourceTemplate[];
  private readonly pages = new Map<string, PreparedPage>();
  private readonly digests = new Map<CatalogList, string>();
  private preparedOffer: Offer | null = null;

  constructor(
    catalog: Catalog,
    principal: Principal,
    private readonly shape: PageShape,
  ) {
    const seen = <T extends Sight>(entries: readonly T[]): readonly T[] =>
      entries.filter((entry) => maySee(principal, entry));
    this.upstreams = seen(catalog.upstreams);
    this.tools = seen(catalog.tools);
    this.prompts = seen(catalog.prompts);
    this.resources = seen(catalog.resources);
    this.resourceTemplates = seen(catalog.resourceTemplates);
  }

  page(list: ListKind, codec: ServerCodec, from: number, cacheScope: 'public' | 'private'): PreparedPage {
    const key = `${codec.revision} ${list} ${from} ${cacheScope}`;
    const known = this.pages.get(key);
    if (known !== undefined) return known;
    const page = this.prepare(list, codec, from, cacheScope);
    if (this.pages.size >= PAGES_MAX) this.pages.delete(this.pages.keys().next().value as string);
    this.pages.set(key, page);
    return page;
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
  get offer(): Offer {
    this.preparedOffer ??= {
      logging: this.some('logging'),
      completions: this.some('completions'),
      subscribe: this.upstreams.some(
        ({ capabilities }) => isObject(capabilities['resources']) && capabilities['resources']['subscribe'] === true,
      ),
      extensions: this.extensions(),
      instructions: this.instructions(),
    };
    return this.preparedOffer;
  }

  private some(capability: string): boolean {
    return this.upstreams.some(({ capabilities }) => isObject(capabilities[capability]));
  }

  private extensions(): Record<string, unknown> {
    const carried: Record<string, unknown> = {};
    if (this.tools.some(({ taskAfterMs }) => taskAfterMs !== undefined)) carried[TASKS_EXTENSION] = {};
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

  private prepare(list: ListKind, codec: ServerCodec, from: number, cacheScope: 'public' | 'private'): PreparedPage {
    const { size, ttlMs, about } = this.shape;
    const entries: readonly Entry[] = this[list];
    const next = from + size;
    const definitions = entries.slice(from, next).map(({ definition }) => codec.definition(list, definition));
    const more = next < entries.length;
    const whole = codec.listResult(list, definitions, more ? '@' : null, { ttlMs, cacheScope }, about);
    if (!more) return { whole, cursor: null, next };
    const start = whole.lastIndexOf(`"nextCursor":${CURSOR_MARK}`) + '"nextCursor":'.length;
    return { whole, cursor: { start, end: start + CURSOR_MARK.length }, next };
  }
}
