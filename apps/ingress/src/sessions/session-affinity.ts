import { LRUCache } from 'lru-cache';
import type { Bus } from '#libs/bus';
import type { OwnSession } from '#contracts/tool-invocation/execute-call.request';
import { HoldSession, ReleaseSession } from '#contracts/tool-invocation/hold-session.request';
import { type GatewayError, fail, toGatewayError } from '#libs/errors';
import type { Cache } from '#libs/storage';
import type { BoundCall } from '../call/calls.js';
import type { Catalogs } from '../catalog/catalogs.js';
import { sessionKey } from './own-session.js';
import type { Session } from '../call/session.js';
import type { SessionStore } from './session-store.js';

type Ask<Answer> = (instance: string) => Promise<Answer>;

interface Copy {
  readonly keeper: string;
  readonly readAtMs: number;
}

/** How long a replica trusts its copy. One that is wrong finds nobody there, and is looked up again. */
const COPY_MS = 10_000;
const COPIES_MAX = 20_000;
/** Longer than any instance keeps an idle session, so that it is the instance that says that one is lost. */
const KEEPER_TTL_MS = 24 * 3_600_000;

/**
 * Sends calls whose session at the upstream is not shared to the instance that keeps it. Which that is, is written in
 * the cache, so every replica knows; the first call makes one of them the keeper.
 */
export class SessionKeepers {
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

  async ask<Answer>(call: BoundCall, own: OwnSession, ask: Ask<Answer>): Promise<Answer> {
    const key = keeperKey(call.routed.upstreamId, own.key);
    const keeper = await this.find(key, own);
    if (keeper === null) return this.askFirst(call, own, key, ask);
    try {
      return await ask(keeper);
    } catch (thrown) {
      if (!isLost(thrown, own)) throw thrown;
      const isNews = await this.forget(key, keeper);
      if (!own.renewable && (isNews || call.session !== null)) throw await this.refuse(call);
      const other = await this.load(key);
      return other === null ? this.askFirst(call, own, key, ask) : ask(other);
    }
  }

  /**
   * For who only listens. That a session is lost is told to a call, so until then one that is gone and must not be
   * replaced unnoticed is left alone.
   */
  async listen<Answer>(upstreamId: string, own: OwnSession, ask: Ask<Answer>): Promise<Answer> {
    const key = keeperKey(upstreamId, own.key);
    const keeper = (await this.find(key, own)) ?? (await this.appoint(upstreamId, own, key));
    try {
      return await ask(keeper);
    } catch (thrown) {
      if (own.renewable && isLost(thrown, own)) await this.forget(key, keeper);
      throw thrown;
    }
  }

  /** Nothing is lost when the keeper goes before the first call has reached it. */
  private async askFirst<Answer>(call: BoundCall, own: OwnSession, key: string, ask: Ask<Answer>): Promise<Answer> {
    const keeper = await this.appoint(call.routed.upstreamId, own, key);
    try {
      return await ask(keeper);
    } catch (thrown) {
      if (toGatewayError(thrown).code !== 'bus.no_responders') throw thrown;
      await this.forget(key, keeper);
      return ask(await this.appoint(call.routed.upstreamId, own, key));
    }
  }

  /** Of several replicas that appoint at once, one is obeyed; the other keepers wait in vain, and forget. */
  private async appoint(upstreamId: string, own: OwnSession, key: string): Promise<string> {
    const { instance } = await this.bus.ask(HoldSession, { upstreamId, key: own.key });
    const isFirst = await this.cache.setIfAbsent(key, instance, KEEPER_TTL_MS).catch(unlessRenewable(own, true));
    const keeper = isFirst ? instance : ((await this.cache.get(key)) ?? instance);
    this.copies.set(key, { keeper, readAtMs: Date.now() });
    return keeper;
  }

  /** At once from a fresh copy; while the cache is away an old one is better than none. */
  private async find(key: string, own: OwnSession): Promise<string | null> {
    const copy = this.copies.get(key);
    if (copy !== undefined && Date.now() - copy.readAtMs < COPY_MS) return copy.keeper;
    if (copy !== undefined) return this.load(key).catch(() => copy.keeper);
    return this.load(key).catch(unlessRenewable(own, null));
  }

  private async load(key: string): Promise<string | null> {
    const keeper = await this.cache.get(key);
    if (keeper === null) return null;
    await this.cache.extend(key, KEEPER_TTL_MS);
    this.copies.set(key, { keeper, readAtMs: Date.now() });
    return keeper;
  }

  /** False when another replica has found out before. */
  private forget(key: string, keeper: string): Promise<boolean> {
    this.copies.delete(key);
    return this.cache.compareAndDelete(key, keeper);
  }

  /**
   * A session of a client ends with what it stands for: told so, the client begins a new one, and knows it.
   * https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#session-management
   */
  private async refuse({ session }: BoundCall): Promise<GatewayError> {
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
    const key = sessionKey(session.id);
    for (const upstreamId of catalog.keptPerClient) {
      const keeper = await this.cache.getAndDelete(keeperKey(upstreamId, key));
      if (keeper !== null) await this.bus.ask(ReleaseSession, { upstreamId, key }, { instance: keeper });
    }
  }
}

const keeperKey = (upstreamId: string, key: string): string => `ingress:keeper:${upstreamId}:${key}`;

/** Where one may be replaced, the upstream is of use without the cache as well. */
const unlessRenewable =
  <Value>({ renewable }: OwnSession, value: Value) =>
  (error: unknown): Value => {
    if (renewable) return value;
    throw error;
  };

const isLost = (thrown: unknown, { renewable }: OwnSession): boolean => {
  const { code } = toGatewayError(thrown);
  return code === 'bus.no_responders' || (code === 'upstream.session_lost' && !renewable);
};
