import { defineRequest } from '../../define.js';
import type { ConnectorConnection } from './connector-connection.js';

/** An HTTP request to an upstream behind a connector; its body is the message's. */
export interface RelayedRequest {
  readonly connectionId: string;
  readonly name: string;
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Without the `?`; empty: none. */
  readonly query: string;
  /** A flat list of names and values. */
  readonly headers: readonly string[];
}

/**
 * What comes of it: the head of the response, and pieces of its body, which is the frame's: bytes as Latin-1, a character
 * for each.
 */
export type RelayFrame =
  | { readonly kind: 'response'; readonly status: number; readonly headers: readonly string[] }
  | { readonly kind: 'data' };

/**
 * Asked of the instance that holds the connection; answered when the response has ended. Failures: `upstream.unreachable`
 * (also where the connection is gone) and `http.invalid` (too large headers), both with `executed: "no"`,
 * `upstream.closed`, `upstream.busy`, `upstream.invalid_answer`.
 */
export const RelayRequest = defineRequest<RelayedRequest, { readonly ended: true }, RelayFrame>(
  'tool-invocation',
  'request.relay',
  { deadlineMs: 600_000 },
);

/** The same of a stream that is followed for as long as it lasts, whose end nobody waits for when the instance stops. */
export const RelayStream = defineRequest<RelayedRequest, { readonly ended: true }, RelayFrame>(
  'tool-invocation',
  'stream.relay',
  { deadlineMs: 24 * 3_600_000 },
);

/** Every connection of connectors that the instance that answers knows of. */
export const ListConnections = defineRequest<
  Record<string, never>,
  { readonly connections: readonly ConnectorConnection[] }
>('tool-invocation', 'connections.list', { deadlineMs: 2_000 });
