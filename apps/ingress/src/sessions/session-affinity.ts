import { LRUCache } from 'lru-cache';
import type { Bus } from '#libs/bus';
import type { DedicatedSession } from '#contracts/tool-invocation/execute-call.request';
import { ClaimSession, ReleaseSession } from '#contracts/tool-invocation/claim-session.request';
import { type GatewayError, fail, toGatewayError } from '#libs/errors';
import type { Cache } from '#libs/storage';
import type { RoutedCall, ScopedCall, Session } from '../call/index.js';
import type { Catalogs } from '../catalog/index.js';
import type { SessionStore } from './session-store.js';

/** Names a session in all that is asked of tool-invocation for it. */
export const keyOfSession = (sessionId: string): string => `session ${sessionId}`;

/** Tells the clients of one principal apart: `CallClient.key`. */
export const clientKeyOf = (session: Session | null): string | undefined =>
  session === null ? undefined : keyOfSession(session.id);

/** The session at the upstream that the call belongs to; `undefined` where it is shared. */
export const dedicatedSessionOf = (
  { catalog, principal, session }: Pick<ScopedCall, 'catalog' | 'principal' | 'session'>,
  upstreamId: string,
): DedicatedSession | undefined => {
  const scope = catalog.sessionScope(upstreamId);
  if (scope === 'shared') return undefined;
  if (scope === 'client' && session !== null) return { key: keyOfSession(session.id), renewable: false };
  return { key: `principal ${principal.id}`, renewable: scope === 'principal' };
};

type Ask<Answer> = (instance: string) => Promise<Answer>;

interface Copy {
  readonly owner: string;
  readonly readAtMs: number;
}

/** How long a replica trusts its copy. One that is wrong finds nobody there, and is looked up again. */
const COPY_MS = 10_000;
const COPIES_MAX = 20_000;
/** Longer than any instance keeps an idle session, so that the instance says that it is lost. */
const OWNER_TTL_MS = 24 * 3_600_000;

/** How the keys of owners begin. */
export const OWNER_KEYS = 'ingress:session-owner:';

/**
 * Sends calls whose session at the upstream is not shared to the instance of tool-invocation that owns it. The cache says
 * which that is, so every replica knows; the first call claims the session for one of them. Rejects with what the owner
 * answers, and when a session is lost that must not be replaced unnoticed.
 */
export class SessionAffinity {
  private readonly copies = new LRUCache<string, Copy>({ max: COPIES_MAX });

  constructor(
    private readonly bus: Bus,
    private readonly cache: Cache,
    private readonly sessions: SessionStore,
    private readonly catalogs: Catalogs,
  ) {
    sessions.onEnd((session) => {
      // What is not released ends by itself, once it is idle for too long.
      this.release(session).catch(() => {});
    });
  }

  /** Asks the owner of the call's session; claims the session for an instance if it has none. */
  async ask<Answer>(call: RoutedCall, own: DedicatedSession, ask: Ask<Answer>): Promise<Answer> {
    const key = ownerKey(call.outgoing.upstreamId, own.key);
    const owner = await this.find(key, own);
    if (owner === null) return this.askFirst(call, own, key, ask);
    try {
      return await ask(owner);
    } catch (thrown) {
      if (!isLost(thrown, own)) throw thrown;
      const isNews = await this.forget(key, owner);
      if (!own.renewable && (isNews || call.session !== null)) throw await this.refuse(call);
      const other = await this.load(key);
      return other === null ? this.askFirst(call, own, key, ask) : ask(other);
    }
  }

  /**
   * As `ask`, for a subscription. A session that is lost, and must not be replaced unnoticed, is left as it is: only a
   * call tells its client.
   */
  async listen<Answer>(upstreamId: string, own: DedicatedSession, ask: Ask<Answer>): Promise<Answer> {
    const key = ownerKey(upstreamId, own.key);
    const owner = (await this.find(key, own)) ?? (await this.claim(upstreamId, own, key));
    try {
      return await ask(owner);
    } catch (thrown) {
      if (own.renewable && isLost(thrown, own)) await this.forget(key, owner);
      throw thrown;
    }
  }

  /** Nothing is lost when the owner goes before the first call has reached it. */
  private async askFirst<Answer>(
    call: RoutedCall,
    own: DedicatedSession,
    key: string,
    ask: Ask<Answer>,
  ): Promise<Answer> {
    const owner = await this.claim(call.outgoing.upstreamId, own, key);
    try {
      return await ask(owner);
    } catch (thrown) {
      if (toGatewayError(thrown).code !== 'bus.no_responders') throw thrown;
      await this.forget(key, owner);
      return ask(await this.claim(call.outgoing.upstreamId, own, key));
    }
  }

  /** Of several replicas that claim at once, the first is obeyed; the other instances drop their claim once it is idle. */
  private async claim(upstreamId: string, own: DedicatedSession, key: string): Promise<string> {
    const { instance } = await this.bus.ask(ClaimSession, { upstreamId, key: own.key });
    const isFirst = await this.cache.setIfAbsent(key, instance, OWNER_TTL_MS).catch(unlessRenewable(own, true));
    const owner = isFirst ? instance : ((await this.cache.get(key)) ?? instance);
    this.copies.set(key, { owner, readAtMs: Date.now() });
    return owner;
  }

  /** At once from a fresh copy; while the cache is away an old one is better than none. */
  private async find(key: string, own: DedicatedSession): Promise<string | null> {
    const copy = this.copies.get(key);
    if (copy !== undefined && Date.now() - copy.readAtMs < COPY_MS) return copy.owner;
    if (copy !== undefined) return this.load(key).catch(() => copy.owner);
    return this.load(key).catch(unlessRenewable(own, null));
  }

  private async load(key: string): Promise<string | null> {
    const owner = await this.cache.get(key);
    if (owner === null) return null;
    await this.cache.extend(key, OWNER_TTL_MS);
    this.copies.set(key, { owner, readAtMs: Date.now() });
    return owner;
  }

  /** False when another replica has found out before. */
  private forget(key: string, owner: string): Promise<boolean> {
    this.copies.delete(key);
    return this.cache.compareAndDelete(key, owner);
  }

  /**
   * A session of a client ends with what it stands for: told so, the client begins a new one, and knows it.
   * https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#session-management
   */
  private async refuse({ session }: RoutedCall): Promise<GatewayError> {
    if (session === null) {
      const message = 'The session at the upstream is gone, with what it remembered; the next call begins another';
      return fail('upstream.session_lost', { message, executed: 'no' });
    }
    await this.sessions.end(session);
    const message = 'The session has ended: what the upstream remembered of it is lost';
    return fail('mcp.session_unknown', { message, executed: 'no' });
  }

  private async release(session: Session): Promise<void> {
    const catalog = await this.catalogs.of(session.serverId);
    const key = keyOfSession(session.id);
    for (const upstreamId of catalog.keptPerClient) {
      const owner = await this.cache.getAndDelete(ownerKey(upstreamId, key));
      if (owner !== null) await this.bus.ask(ReleaseSession, { upstreamId, key }, { instance: owner });
    }
  }
}

const ownerKey = (upstreamId: string, key: string): string => `${OWNER_KEYS}${upstreamId}:${key}`;

/** Where one may be replaced, the upstream is of use without the cache as well. */
const unlessRenewable =
  <Value>({ renewable }: DedicatedSession, value: Value) =>
  (error: unknown): Value => {
    if (renewable) return value;
    throw error;
  };

const isLost = (thrown: unknown, { renewable }: DedicatedSession): boolean => {
  const { code } = toGatewayError(thrown);
  return code === 'bus.no_responders' || (code === 'upstream.session_lost' && !renewable);
};
