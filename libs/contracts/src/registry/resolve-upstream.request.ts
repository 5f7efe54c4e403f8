import { defineRequest } from '../define.js';
import type { Era } from './catalog.js';

/**
 * How the gateway reaches an upstream: the transports of MCP, an HTTP API that an OpenAPI document describes, one route
 * of an HTTP API as it was described by hand, gRPC, or A2A. OWN: not at all, it is a prompt or a resource that is kept here. https://modelcontextprotocol.io/specification/2025-11-25/basic/transports
 */
export const UPSTREAM_TRANSPORTS = ['STREAMABLEHTTP', 'SSE', 'STDIO', 'OPENAPI', 'REST', 'GRPC', 'A2A', 'OWN'] as const;

/** One of `UPSTREAM_TRANSPORTS`. */
export type UpstreamTransport = (typeof UPSTREAM_TRANSPORTS)[number];

/** A further place where an upstream is reached. */
export interface UpstreamAddress {
  /** Holds no query: what of `url` is secret is put behind it too. */
  readonly url: string;
  /** It has its turn while none with a smaller number is there; that of `url` is 0. */
  readonly priority: number;
  /** Its share among those of the same number; that of `url` is 100. */
  readonly weight: number;
}

/** Where an agent takes messages, and in which version of A2A. https://a2a-protocol.org/v1.0.0/specification/ */
export interface AgentAddress {
  readonly url: string;
  readonly version: '1.0' | '0.3';
  /** Where several agents are behind one address. */
  readonly tenant?: string;
  readonly isStreaming: boolean;
}

/** Where and how an upstream is reached. Holds no secret: what is presented to it comes from auth. */
export interface UpstreamProfile {
  readonly id: string;
  readonly name: string;
  readonly slug: string;
  readonly transport: UpstreamTransport;
  /** For every transport but STDIO and OWN; for OPENAPI and REST what the paths of requests are put behind. */
  readonly url: string | null;
  /** For STREAMABLEHTTP and SSE: where else the same server is reached. Absent: nowhere. */
  readonly addresses?: readonly UpstreamAddress[];
  /** For STDIO. */
  readonly command: string | null;
  readonly args: readonly string[];
  /** For STDIO: the folder it is started in; absent: one of its own. */
  readonly cwd?: string | null;
  /** Per call; the gateway's `TOOL_TIMEOUT` when null. */
  readonly timeoutMs: number | null;
  /** Calls in flight at once per instance; the gateway's `TOOL_CONCURRENT_LIMIT` when null. */
  readonly concurrencyMax: number | null;
  /** The one era in which it is spoken to; absent: its client's, where it speaks both. */
  readonly onlyEra?: Era | null;
  /** For A2A: as its card says; absent where it has never been read. */
  readonly agent?: AgentAddress | null;
  /** For OPENAPI, REST, GRPC, A2A and OWN: changes whenever a tool of it, or what it holds, does. */
  readonly sourceVersion?: string | null;
  /** Changes whenever any of the above does. */
  readonly version: string;
}

/** Failure: `upstream.unknown` (also for a disabled one). */
export const ResolveUpstream = defineRequest<{ readonly upstreamId: string }, UpstreamProfile>(
  'registry',
  'upstream.resolve',
  { deadlineMs: 2_000 },
);
