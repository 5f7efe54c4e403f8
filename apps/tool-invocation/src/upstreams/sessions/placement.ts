import type { DedicatedSession, UpstreamCall } from '#contracts/tool-invocation/execute-call.request';
import {
  ALL_CAPABILITIES,
  canBeAsked,
  capabilityKey,
  isTaskMethod,
  LEGACY_REVISIONS,
  MODERN_REVISION,
  sessionCapabilities,
} from '#libs/mcp';
import type { Access } from '../../transport/channel.js';
import { AskingPool, type PoolTerms, type PoolSlot } from './asking-pool.js';

/** For whom a conversation is wanted: a call, or one who listens and names none. */
export type Caller = Pick<UpstreamCall, 'client' | 'principal' | 'dedicatedSession'> &
  Partial<Pick<UpstreamCall, 'callId' | 'method' | 'target'>>;

const overviewBy = (revision: string): Caller => ({
  client: { info: null, capabilities: ALL_CAPABILITIES, revision },
  principal: { id: '', tokenId: null },
});
/** Nobody in particular, who is shown all that an upstream has: without a session, and in one. */
export const OVERVIEW = overviewBy(MODERN_REVISION);
export const SESSION_OVERVIEW = overviewBy(LEGACY_REVISIONS[0]);

/** Where a conversation is kept; with a slot where its clients can be asked. */
export type Place = PooledPlace | { readonly key: string; readonly pool?: undefined; readonly slot?: undefined };

interface PooledPlace {
  readonly key: string;
  readonly pool: AskingPool;
  readonly slot: PoolSlot;
}

/** Whose a conversation is: what its process lists, the questions and the log messages that do not say whose they are. */
export const ownershipOf = ({ slot }: Place, { client, principal, dedicatedSession: dedicated }: Caller) => ({
  /** As in `OwnListsChanged`. */
  lists: dedicated?.key ?? (slot === undefined ? 'everybody' : `principal ${principal.id}`),
  /** Who may share it where the upstream opens no other; null: everybody, undefined: nobody. */
  principalId: dedicated !== undefined ? undefined : slot === undefined || principal.id === '' ? null : principal.id,
  questions: slot?.client,
  logs: slot?.client ?? (dedicated?.key === client.key ? client.key : undefined),
});

/** Which callers share a conversation with one upstream, and which have one of their own. */
export class Placement {
  private readonly pools = new Map<string, AskingPool>();
  /** What calls have taken, by the id of the call. */
  private readonly taken = new Map<string, { readonly pool: AskingPool; readonly slot: PoolSlot }>();

  constructor(private readonly terms: Pick<PoolTerms, 'slotsMax' | 'peerOf' | 'dismiss' | 'evict'>) {}

  /**
   * Every request to a modern upstream holds the client's capabilities, so all clients share one conversation. A legacy
   * upstream learns them once per session, and keeps state by session.
   */
  placeOf(era: 'modern' | 'legacy', access: Access, caller: Caller): Place {
    if (era === 'modern') return { key: `modern ${access.version}` };
    const { client, principal, dedicatedSession: dedicated } = caller;
    const declared = sessionCapabilities(client.capabilities);
    const shared = `legacy ${access.version} ${capabilityKey(declared)}`;
    if (!canBeAsked(declared)) return { key: dedicated === undefined ? shared : `${shared} ${dedicated.key}` };
    const pool = this.poolOf(`${shared} ${dedicated?.key ?? principal.id}`, dedicated);
    const slot = this.slotIn(pool, caller);
    return { key: slot.key, pool, slot };
  }

  /** Where the conversation of a caller is kept that has one already. */
  keyOf(era: 'modern' | 'legacy', access: Access, { client, principal, dedicatedSession: dedicated }: Caller) {
    if (era === 'modern') return `modern ${access.version}`;
    const declared = sessionCapabilities(client.capabilities);
    const shared = `legacy ${access.version} ${capabilityKey(declared)}`;
    if (!canBeAsked(declared)) return dedicated === undefined ? shared : `${shared} ${dedicated.key}`;
    return this.pools.get(`${shared} ${dedicated?.key ?? principal.id}`)?.keyOf(client.key);
  }

  giveBack(callId: string): void {
    if (this.taken.size === 0) return;
    const taken = this.taken.get(callId);
    if (taken === undefined) return;
    this.taken.delete(callId);
    taken.pool.giveBack(taken.slot, callId);
  }

  /** Another open slot for a call that found no room for its own. */
  shareInstead({ pool, slot }: PooledPlace, callId: string | undefined): PoolSlot | undefined {
    const other = pool.shareInstead(slot, callId);
    if (other !== undefined && callId !== undefined) this.taken.set(callId, { pool, slot: other });
    return other;
  }

  /** The conversation is gone. */
  lost(key: string): void {
    for (const pool of this.pools.values()) pool.lost(key);
  }

  /** Forgets the pools that nobody uses. */
  tidy(): void {
    for (const [key, pool] of this.pools) if (pool.isVacant()) this.pools.delete(key);
  }

  private slotIn(pool: AskingPool, { client, callId, method, target }: Caller): PoolSlot {
    if (method !== undefined && isTaskMethod(method)) return pool.slotOfTask(target ?? '', client.key);
    const slot = pool.take(client.key, callId);
    if (callId !== undefined) this.taken.set(callId, { pool, slot });
    return slot;
  }

  private poolOf(key: string, remembers: DedicatedSession | undefined): AskingPool {
    const known = this.pools.get(key);
    if (known !== undefined) return known;
    const pool = new AskingPool({ ...this.terms, key, remembers });
    this.pools.set(key, pool);
    return pool;
  }
}
