import { createHash } from 'node:crypto';
import { fail } from '#libs/errors';
import type { Seal } from './seal.js';

/** What the gateway needs to know when a client comes back with what it was asked for. */
export type RequestState =
  | { readonly kind: 'parked'; readonly instance: string; readonly callId: string; readonly round: number }
  | { readonly kind: 'upstream'; readonly state: string };

/** The request that a state belongs to. */
export interface StateScope {
  readonly principalId: string;
  readonly serverId: string | null;
  readonly method: string;
  readonly name: string;
}

interface Sealed {
  readonly state: RequestState;
  readonly expiresAtMs: number;
  readonly digest: string;
}

const PURPOSE = 'requestState';
const TTL_MS = 60 * 60_000;

const digestOf = (scope: StateScope): string =>
  createHash('sha256')
    .update(JSON.stringify([scope.principalId, scope.serverId, scope.method, scope.name]))
    .digest('base64url');

/** https://modelcontextprotocol.io/specification/2026-07-28/basic/patterns/mrtr#security-considerations */
export const writeRequestState = (seal: Seal, scope: StateScope, state: RequestState): string =>
  seal.close(PURPOSE, { state, expiresAtMs: Date.now() + TTL_MS, digest: digestOf(scope) } satisfies Sealed);

/** Throws `mcp.state_invalid` for a state that is forged, expired, somebody else's or of another request. */
export const readRequestState = (seal: Seal, scope: StateScope, text: unknown): RequestState => {
  const sealed = typeof text === 'string' ? (seal.open(PURPOSE, text) as Sealed | undefined) : undefined;
  if (sealed === undefined || sealed.expiresAtMs < Date.now() || sealed.digest !== digestOf(scope)) {
    throw fail('mcp.state_invalid');
  }
  return sealed.state;
};
