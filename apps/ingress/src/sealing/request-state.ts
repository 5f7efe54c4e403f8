import { createHash } from 'node:crypto';
import { fail } from '#libs/errors';
import { isObject } from '#libs/mcp';
import type { Seal } from './seal.js';

/** What the gateway needs to know when a client comes back with what it was asked for. */
export type RequestState =
  | {
      readonly kind: 'parked';
      readonly instance: string;
      readonly callId: string;
      readonly round: number;
      /** Epoch ms at which the call came first. */
      readonly startedAtMs: number;
    }
  | { readonly kind: 'upstream'; readonly state: string }
  /** The caller was sent to where they consent; the upstream knows nothing of the call yet. */
  | { readonly kind: 'consent' };

/** The request that a state belongs to. */
export interface StateScope {
  readonly principalId: string;
  readonly serverId: string | null;
  readonly method: string;
  readonly name: string;
  /** What was called with: an answer that was given for one call must not permit another. */
  readonly args: unknown;
}

interface Sealed {
  readonly state: RequestState;
  readonly expiresAtMs: number;
  readonly digest: string;
}

const PURPOSE = 'requestState';
const TTL_MS = 60 * 60_000;

/** Clients may write the members of an object in another order when they ask again. */
const inOrder = (_member: string, value: unknown): unknown =>
  isObject(value) ? Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1))) : value;

const digestOf = (scope: StateScope): string =>
  createHash('sha256')
    .update(JSON.stringify([scope.principalId, scope.serverId, scope.method, scope.name, scope.args], inOrder))
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
