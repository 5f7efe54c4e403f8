import type { UpstreamTls } from '#contracts/auth/tls/upstream-tls.rules';
import type { CarriedJson, IncomingNotification, IncomingRequest } from '#libs/mcp';
import type { GatewayError } from '#libs/errors';
import type { Exchange } from './exchange.js';

/** What reaches a channel beside the answers to its requests. */
export interface ChannelEvents {
  received(message: IncomingRequest | IncomingNotification): void;
  /** A request that nobody waits for any more was answered. */
  answeredLate(id: unknown): void;
  /** Messages may have been lost. */
  invalidated(): void;
  /** The channel is of no use any more; its exchanges have failed. */
  closed(reason: GatewayError): void;
}

/** How messages travel to one upstream: over Streamable HTTP, through a child's pipes, or over HTTP+SSE. */
export interface Channel {
  readonly closed: boolean;
  /** The upstream keeps state for this channel, and may lose it. */
  readonly sessionful: boolean;
  /** Messages come on it that do not say by their stream which request they belong to. */
  readonly hasCommonStream: boolean;
  /** The negotiated revision: the value of `MCP-Protocol-Version`. */
  protocolVersion: string | undefined;
  request(exchange: Exchange): void;
  /** Sends a notification or the answer to a request of the upstream. */
  post(text: string): Promise<void>;
  /**
   * Opens the stream for messages that belong to no request, where the transport has one. Resolves once it is open, the
   * server has none, or `withinMs` have passed; never rejects.
   */
  listen(withinMs: number): Promise<void>;
  close(): Promise<void>;
}

/** `api`: an HTTP API that speaks no MCP at all. */
export type TransportKind = 'http' | 'stdio' | 'sse' | 'api' | 'grpc' | 'a2a' | 'own';

/** Whether there is an MCP server behind it: the others are asked for nothing but what their calls are. */
export const speaksMcp = (kind: TransportKind): boolean => kind === 'http' || kind === 'stdio' || kind === 'sse';

/** One way to reach one upstream; what its channels share. */
export interface Transport {
  open(access: Access, events: ChannelEvents): Promise<Channel>;
  close(): Promise<void>;
}

/** What is presented to an upstream. `version` stands for it in the key of a pool. */
export interface Access {
  readonly version: string;
  /** A flat list of names and values; another list when an access token in it was renewed, so it is read for every request. */
  readonly headers: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Takes the place of the query in the URL; of an HTTP API, is added to every request. */
  readonly query?: string | undefined;
  readonly documentQuery?: string | undefined;
  /** Take the place of the arguments of the command. */
  readonly args?: readonly string[] | undefined;
  /** What its connections are made with, where that is not what all have. */
  readonly tls?: AccessTls | undefined;
  /** The access token among them, where there is one. */
  readonly tokenId?: string | undefined;
  /**
   * Gets another access token in place of the one with this id, which was answered with HTTP 401. Resolves with whether there
   * is another now, which `headers` then hold. Rejects with why none can be had. Absent where none is shown.
   */
  readonly renew?: ((refusedTokenId: string) => Promise<boolean>) | undefined;
  /**
   * Told that the token does not cover what was asked for, which wants these scopes. Rejects with where its person consents to more,
   * resolves where that would not help. Absent where nobody has consented.
   */
  readonly widen?: ((scopes: readonly string[]) => Promise<void>) | undefined;
  /** Sign what the upstream names for the caller that it is for: the first signs, all are good. */
  readonly idKeys?: readonly string[] | undefined;
  /** Takes what was presented out of a text that comes back. */
  readonly redact: Redact;
}

/** Certificates of one credential. `id` is the same for the same. */
export interface AccessTls extends UpstreamTls {
  readonly id: string;
}

/** What takes secrets out of what comes back: of text text, of bytes bytes. */
export type Redact = <Json extends CarriedJson>(json: Json) => Json;

/** Path and query of requests to an upstream: a query that is a secret stands in the credential, not in the URL. */
export const requestPath = ({ pathname, search }: URL, { query }: Access): string =>
  `${pathname}${query === undefined ? search : `?${query}`}`;

/** Whether an upstream that lets nobody in has seen a credential. */
export const presentsCredential = ({ headers, query }: Access): boolean => headers.length > 0 || query !== undefined;
