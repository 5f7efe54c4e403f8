import type { ListKind } from '#libs/mcp';
import type { UpstreamCredential } from '../auth/upstream-credential.request.js';
import { defineRequest } from '../define.js';
import type { CacheHint, Era, HeaderParam, Listing } from '../registry/catalog.js';
import type { UpstreamProfile } from '../registry/resolve-upstream.request.js';

export type { Era };

/** A tool as its upstream lists it. */
export interface DiscoveredTool {
  readonly name: string;
  /** JSON text as the upstream sent it, mended where a client could not read it. */
  readonly definition: string;
  readonly headerParams: readonly HeaderParam[];
}

/** What an upstream says of itself and lists, in one era. */
export interface DiscoveredOffer {
  readonly protocolVersion: string;
  readonly serverInfo: Readonly<Record<string, unknown>>;
  readonly capabilities: Readonly<Record<string, unknown>>;
  readonly instructions: string | null;
  /** What it goes by among gateways, where it is one and says so. */
  readonly gatewayId?: string;
  readonly tools: readonly DiscoveredTool[];
  readonly prompts: readonly { readonly name: string; readonly definition: string }[];
  readonly resources: readonly { readonly uri: string; readonly definition: string }[];
  readonly resourceTemplates: readonly { readonly uriTemplate: string; readonly definition: string }[];
  /** Lists that were not read to their end: what was known of them before and is missing now may still be there. */
  readonly incomplete?: readonly ListKind[];
  /** What was left out, or mended in a way that changes what it says, each with the reason. No name: the list itself. */
  readonly refused: readonly { readonly list: string; readonly name: string; readonly reason: string }[];
}

/** What an upstream is and offers, in the era it is spoken to in. */
export interface DiscoveredUpstream extends DiscoveredOffer {
  readonly era: Era;
  /** The transport that worked; differs from the profile's where that was only a guess (`AUTO`). */
  readonly transport: UpstreamProfile['transport'];
  /** What it says of how long each is good; of a list in pages, the shortest time. None before 2026-07-28. */
  readonly hints?: Readonly<Partial<Record<Listing, CacheHint>>>;
  /** What it offers to clients with sessions, where it speaks both eras and `era` is the other. */
  readonly legacy?: DiscoveredOffer;
}

/**
 * Connects and lists everything. Failures: `upstream.unreachable`, `upstream.not_mcp`, `upstream.unauthorised`,
 * `upstream.invalid_answer`, `upstream.timed_out`, `upstream.refused` (by egress or command policy).
 */
export const DiscoverUpstream = defineRequest<
  {
    readonly profile: UpstreamProfile;
    /** `AUTO`: try Streamable HTTP, then HTTP+SSE. */
    readonly transport: UpstreamProfile['transport'] | 'AUTO';
    /** What to present; when absent it is asked of auth. */
    readonly credential?: UpstreamCredential | null;
  },
  DiscoveredUpstream
>('tool-invocation', 'upstream.discover', { deadlineMs: 30_000 });
