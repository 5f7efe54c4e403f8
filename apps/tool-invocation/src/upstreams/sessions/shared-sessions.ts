import { isDeepStrictEqual } from 'node:util';
import type { GatewayError } from '#libs/errors';
import type { Peer } from '../../conversation/peer.js';
import type { Access } from '../../transport/channel.js';
import { HttpRefusal } from '../../transport/http/refusal.js';
import type { Caller } from './placement.js';

/** How long one that refused another session is not asked again, while there is one to share. */
const REFUSED_MS = 60_000;

/** What an upstream says that is there, but wants no other session or process beside those it has. */
const REFUSALS = new Set<string>([
  'upstream.not_mcp',
  'upstream.invalid_answer',
  'upstream.busy',
  'upstream.closed',
  'upstream.timed_out',
]);

interface Opened {
  readonly peer: Peer;
  readonly access: Access;
  /** Null: it is nobody's. */
  readonly principalId: string | null;
}

/**
 * The sessions that others may use where an upstream opens no more: many servers have one transport for everybody, or a
 * port or file that one process alone can have. What nobody relies on to remember is shared, of the same principal or of
 * nobody, and shown the same credential. Questions and log messages in it that do not say whose they are reach nobody.
 */
export class SharedSessions {
  private readonly opened = new Set<Opened>();
  private refusedAtMs = Number.NEGATIVE_INFINITY;

  /** This one may be shared. */
  add(peer: Peer, access: Access, principalId: string | null): void {
    this.opened.add({ peer, access, principalId });
  }

  remove(peer: Peer): void {
    for (const known of this.opened) if (known.peer === peer) this.opened.delete(known);
  }

  /** Whether the upstream has refused another session only lately. */
  get isFull(): boolean {
    return performance.now() - this.refusedAtMs < REFUSED_MS;
  }

  /** One to use instead of the session that could not be opened, where that may help. */
  insteadOf(failure: GatewayError, access: Access, caller: Caller): Peer | undefined {
    const isRefusal = REFUSALS.has(failure.code) || failure.cause instanceof HttpRefusal;
    if (!isRefusal || failure.code === 'upstream.unauthorised') return undefined;
    const peer = this.find(access, caller);
    if (peer !== undefined) this.refusedAtMs = performance.now();
    return peer;
  }

  find(access: Access, { dedicatedSession: dedicated, principal }: Caller): Peer | undefined {
    if (dedicated !== undefined) return undefined;
    const usable = [...this.opened].filter((known) => !known.peer.closed && presentsSame(known.access, access));
    const { peer } =
      usable.find(({ principalId }) => principalId === null) ??
      usable.find(({ principalId }) => principalId === principal.id) ??
      {};
    if (peer?.asking !== undefined) peer.asking.client = undefined;
    if (peer?.logs !== undefined) peer.logs.alone = undefined;
    return peer;
  }
}

/** Versions differ between a credential that is tried at registration and the same one once it is stored. */
const presentsSame = (one: Access, other: Access): boolean =>
  one.version === other.version || isDeepStrictEqual(presentedBy(one), presentedBy(other));

const presentedBy = ({ headers, env, query, args, tls }: Access) => [headers, env, query, args, tls?.id];
