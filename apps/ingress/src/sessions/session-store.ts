import { randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { SessionChanged } from '#contracts/ingress/session.signal';
import type { PayloadOf } from '#contracts/define';
import type { Bus, Subscription } from '#libs/bus';
import { fail } from '#libs/errors';
import type { Cache } from '#libs/storage';
import { cacheCounts } from '#libs/telemetry';
import type { Session, SessionRecord } from '../call/index.js';
import { sessionCounts } from './instruments.js';

export interface SessionStoreSettings {
  readonly ttlMs: number;
  readonly perPrincipalMax: number;
}

type Change = (session: Session | null, id: string) => void;

const ID = /^[A-Za-z0-9_-]{43}$/;
const ID_BYTES = 32;
/** How long a replica trusts its copy. Changes are signalled; this is for a signal that got lost. */
const COPY_MS = 10_000;
const COPIES_MAX = 20_000;
const TRIES_MAX = 5;

const found = cacheCounts('sessions');

/** How the keys of sessions begin. */
export const SESSION_KEYS = 'ingress:session:';

interface Copy {
  readonly session: Session;
  readonly text: string;
}

/**
 * Sessions, where every replica finds them. Their ids are unguessable and still worth nothing to anybody but the
 * principal who opened them. `open` and `update` reject with `http.overloaded`, `update` with `mcp.session_unknown` too.
 */
export class SessionStore {
  private readonly copies = new LRUCache<string, Copy>({ max: COPIES_MAX, ttl: COPY_MS });
  private readonly watchers = new Set<Change>();
  private readonly endings = new Set<(session: Session) => void>();
  private readonly subscriptions: Subscription[];

  constructor(
    private readonly cache: Cache,
    private readonly bus: Bus,
    private readonly settings: SessionStoreSettings,
  ) {
    this.subscriptions = [
      bus.subscribe(SessionChanged, (change) => this.changed(change)),
      bus.onReconnect(() => this.copies.clear()),
    ];
  }

  async open(record: SessionRecord): Promise<Session> {
    const count = await this.cache.increment(countKey(record.principalId), this.settings.ttlMs);
    if (count > this.settings.perPrincipalMax) {
      await this.cache.increment(countKey(record.principalId), this.settings.ttlMs, -1);
      throw fail('http.overloaded', { message: 'Too many sessions are open' });
    }
    const id = randomBytes(ID_BYTES).toString('base64url');
    const text = JSON.stringify(record);
    await this.cache.set(sessionKey(id), text, this.settings.ttlMs);
    const session = { id, ...record };
    this.copies.set(id, { session, text });
    sessionCounts.opened++;
    return session;
  }

  /** Synchronous while the copy is fresh. `null`: ended, never there, somebody else's or of another endpoint. */
  find(id: string, principalId: string, serverId: string | null): Session | null | Promise<Session | null> {
    const copy = this.copies.get(id);
    if (copy !== undefined) {
      found.hits++;
      return owned(copy.session, principalId, serverId);
    }
    if (!ID.test(id)) return null;
    found.misses++;
    return this.load(id).then((loaded) => owned(loaded?.session ?? null, principalId, serverId));
  }

  /** Past every copy. `null`: ended, or never there. */
  async latest(id: string): Promise<Session | null> {
    return (await this.load(id))?.session ?? null;
  }

  /** `change` may run again when another replica changed the session meanwhile. */
  async update(id: string, change: (session: Session) => Partial<SessionRecord>): Promise<void> {
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      const current = await this.load(id);
      if (current === null) throw fail('mcp.session_unknown');
      const { id: _, ...record } = { ...current.session, ...change(current.session) };
      const text = JSON.stringify(record);
      if (!(await this.cache.compareAndSet(sessionKey(id), current.text, text, this.settings.ttlMs))) continue;
      const session = { id, ...record };
      this.copies.set(id, { session, text });
      this.tell(id, session);
      return;
    }
    throw fail('http.overloaded');
  }

  async end(session: Session): Promise<void> {
    this.copies.delete(session.id);
    if (!(await this.cache.delete(sessionKey(session.id)))) return;
    sessionCounts.ended++;
    await this.cache.increment(countKey(session.principalId), this.settings.ttlMs, -1);
    for (const ended of this.endings) ended(session);
    this.tell(session.id, null);
    await this.bus.flush();
  }

  /** Puts off the end of a session; false when it has ended. */
  keep(id: string): Promise<boolean> {
    return this.cache.extend(sessionKey(id), this.settings.ttlMs);
  }

  get ttlMs(): number {
    return this.settings.ttlMs;
  }

  /** Hears of every session that changes or (`null`) ends, on whichever replica. */
  onChange(watcher: Change): void {
    this.watchers.add(watcher);
  }

  /** Hears of every session that is ended through this replica. */
  onEnd(ended: (session: Session) => void): void {
    this.endings.add(ended);
  }

  close(): void {
    for (const subscription of this.subscriptions) subscription.close();
  }

  private async load(id: string): Promise<Copy | null> {
    const text = await this.cache.get(sessionKey(id));
    if (text === null) return null;
    const copy = { session: { id, ...(JSON.parse(text) as SessionRecord) }, text };
    this.copies.set(id, copy);
    // Once per COPY_MS and replica is often enough to keep a session that is in use.
    await this.cache.extend(sessionKey(id), this.settings.ttlMs);
    return copy;
  }

  private tell(id: string, session: Session | null): void {
    for (const watcher of this.watchers) watcher(session, id);
    this.bus.signal(SessionChanged, { id, by: this.bus.instance, ended: session === null });
  }

  private changed({ id, by, ended }: PayloadOf<typeof SessionChanged>): void {
    if (by === this.bus.instance) return;
    const known = this.copies.delete(id);
    if (ended) for (const watcher of this.watchers) watcher(null, id);
    else if (known) this.reload(id);
  }

  private reload(id: string): void {
    this.load(id).then(
      (copy) => {
        for (const watcher of this.watchers) watcher(copy?.session ?? null, id);
      },
      () => {
        // The store is away: the next request finds out.
      },
    );
  }
}

const sessionKey = (id: string): string => `${SESSION_KEYS}${id}`;
const countKey = (principalId: string): string => `ingress:sessions-of:${principalId}`;

const owned = (session: Session | null, principalId: string, serverId: string | null): Session | null =>
  session !== null && session.principalId === principalId && session.serverId === serverId ? session : null;
