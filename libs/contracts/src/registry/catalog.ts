/** Modern: MCP 2026-07-28 and later, without sessions. Legacy: the revisions before it, with sessions. */
export const ERAS = ['modern', 'legacy'] as const;

/** One of `ERAS`. */
export type Era = (typeof ERAS)[number];

/** Who may see an entry: its owner, the members of its team, or any admitted caller. */
export const VISIBILITIES = ['private', 'team', 'public'] as const;

/** One of `VISIBILITIES`. */
export type Visibility = (typeof VISIBILITIES)[number];

/** Who may see an entry. */
export interface AccessScope {
  readonly visibility: Visibility;
  readonly teamId: string | null;
  readonly ownerEmail: string | null;
}

/** A header mirror that a tool's schema declares with `x-mcp-header` (2026-07-28). */
export interface HeaderParam {
  /** Without the `Mcp-Param-` prefix, as the schema spells it. */
  readonly header: string;
  /** Property names from the root of the arguments. */
  readonly path: readonly string[];
  readonly type: 'string' | 'integer' | 'boolean';
}

interface Entry extends AccessScope {
  readonly upstreamId: string;
  /** JSON text as the upstream gave it, but for the exposed name. Never re-serialised. */
  readonly definition: string;
  /** The one era to whose clients it is offered; absent: to all. */
  readonly era?: Era;
  /** What it is to clients before 2026-07-28, where its upstream says something else to them. */
  readonly legacyDefinition?: string;
}

/** A tool of an endpoint. https://modelcontextprotocol.io/specification/2026-07-28/server/tools */
export interface CatalogTool extends Entry {
  readonly id: string;
  /** The name clients see. */
  readonly name: string;
  readonly upstreamName: string;
  readonly headerParams: readonly HeaderParam[];
  /** A call that takes longer than this goes on as a task, for a client that has tasks; absent: it does not. */
  readonly taskAfterMs?: number;
  /** Its upstream offers it otherwise, which is held back: it waits for approval, or was not wanted. */
  readonly heldChange?: 'pending' | 'kept';
  /** Grows from one entry of the list to the next; absent: from a registry that tells no deltas. */
  readonly order?: number;
}

/** A prompt of an endpoint. https://modelcontextprotocol.io/specification/2026-07-28/server/prompts */
export interface CatalogPrompt extends Entry {
  readonly id: string;
  readonly name: string;
  readonly upstreamName: string;
  /** Grows from one entry of the list to the next; absent: from a registry that tells no deltas. */
  readonly order?: number;
}

/** A resource of an endpoint. https://modelcontextprotocol.io/specification/2026-07-28/server/resources */
export interface CatalogResource extends Entry {
  readonly id: string;
  /** The URI clients see. */
  readonly uri: string;
  /** Absent: the same. */
  readonly upstreamUri?: string;
}

/** A resource that is in no list, but that something in a list is shown with. */
export interface LinkedResource extends AccessScope {
  readonly upstreamId: string;
  readonly uri: string;
  readonly upstreamUri?: string;
}

/** A resource template of an endpoint. */
export interface CatalogResourceTemplate extends Entry {
  readonly id: string;
  readonly uriTemplate: string;
}

/**
 * With whom a session at an upstream is shared: with everybody who shows the same credential and can do the same; with
 * nobody but other clients of the principal; with nobody (a client without a session counts as its principal). The
 * latter two are kept by one instance each; when the last is lost its client is told, never given a new one silently.
 */
export type SessionScope = 'shared' | 'principal' | 'client';

/** What an upstream can be asked for that it gives a time to: what it is (`server/discover`), and its lists. */
export type Listing = 'about' | 'tools' | 'prompts' | 'resources' | 'resourceTemplates';

/** https://modelcontextprotocol.io/specification/2026-07-28/server/utilities/caching */
export interface CacheHint {
  readonly ttlMs: number;
  readonly cacheScope: 'public' | 'private';
}

/** How old what is known of an upstream is, and how old it may get. */
export interface UpstreamListing {
  /** Epoch ms at which it was asked for. */
  readonly listedAtMs: number;
  readonly hints: Readonly<Record<Listing, ListingHint>>;
}

/** How long a list is good, by its upstream and by the gateway. */
export interface ListingHint extends CacheHint {
  /** Whoever uses it when it is older has it listed anew; `null`: the upstream says when it has changed. */
  readonly renewAfterMs: number | null;
}

/** An upstream that entries of the endpoint lead to. */
export interface CatalogUpstream extends AccessScope {
  readonly id: string;
  readonly name: string;
  readonly slug: string;
  readonly sessionScope: SessionScope;
  /** What a call there may take; absent: what it may take anywhere. */
  readonly timeoutMs?: number;
  /** Headers of its callers that go on to it, in lower case; absent: none. */
  readonly passedHeaders?: readonly string[];
  /** Each call is made for the token of its caller. */
  readonly exchangesTokens?: true;
  /** Calls say to it which gateways they went through, as it is one or may be; absent: it learns nothing of them. */
  readonly isToldWay?: boolean;
  /** The upstream's own ServerCapabilities, as JSON. */
  readonly capabilities: Readonly<Record<string, unknown>>;
  readonly instructions: string | null;
  /** What it says to clients before 2026-07-28, where it speaks both eras. */
  readonly legacy?: Pick<CatalogUpstream, 'capabilities' | 'instructions'>;
  /** Absent: nothing is known, so nothing is fresh. */
  readonly listing?: UpstreamListing;
}

/** All that one endpoint offers: a virtual server, or (`id: null`) everything that is registered and enabled. */
export interface Catalog {
  readonly server: AccessScope & {
    readonly id: string | null;
    readonly name: string;
    readonly description: string | null;
    /** Its tools are searched rather than listed. */
    readonly toolSearch?: boolean;
  };
  /** What the gateway goes by among gateways; absent: from a registry that has no word for it. */
  readonly gatewayId?: string;
  /** Grows with every change to the registry. */
  readonly revision: number;
  readonly upstreams: readonly CatalogUpstream[];
  /** Each list in the order it is shown, enabled entries only. */
  readonly tools: readonly CatalogTool[];
  readonly prompts: readonly CatalogPrompt[];
  readonly resources: readonly CatalogResource[];
  readonly resourceTemplates: readonly CatalogResourceTemplate[];
  readonly linkedResources?: readonly LinkedResource[];
}

/**
 * What has become of an endpoint since a revision. It says what is, not what was done: applied to any revision from `since`
 * on, once or twice, it leads to `revision`.
 */
export interface CatalogDelta {
  readonly since: number;
  readonly revision: number;
  /** All of them, where one has changed; absent: as they were. */
  readonly upstreams?: readonly CatalogUpstream[];
  /** Of these there are no other tools and prompts than those below. */
  readonly replacedUpstreamIds: readonly string[];
  /** Entries that are offered no longer. */
  readonly goneIds: readonly string[];
  /** New, or other than they were, in their order. */
  readonly tools: readonly CatalogTool[];
  readonly prompts: readonly CatalogPrompt[];
  /** Whole lists, since one resource may stand in for another; absent: as they were. */
  readonly resources?: readonly CatalogResource[];
  readonly resourceTemplates?: readonly CatalogResourceTemplate[];
  readonly linkedResources?: readonly LinkedResource[];
}
