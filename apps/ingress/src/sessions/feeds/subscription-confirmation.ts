import { setTimeout as sleep } from 'node:timers/promises';
import { SubscriptionAwaited, SubscriptionConfirmed } from '#contracts/ingress/subscription.signal';
import type { Bus, Subscription } from '#libs/bus';
import type { Cache } from '#libs/storage';
import type { Session } from '../../call/index.js';
import { isPresent } from '../resumption/presence.js';
import type { ChangeFeeds } from './change-feeds.js';
import { CONFIRM_MS } from './resource-watch.js';

/** For the holder's word that its own wait is over: whoever told the subscriber earlier would leave it to miss a change. */
const HOLDER_MS = 1_000;

const holderKey = (sessionId: string): string => `ingress:stream-of:${sessionId}`;

/**
 * Confirms a session's subscription once it stands upstream, which the replica sees to that has the session's stream. One
 * that takes too long is confirmed all the same; what is subscribed to counts as changed when it stands at last.
 */
export class SubscriptionConfirmation {
  private readonly waiting = new Map<string, Set<() => void>>();
  private readonly subscriptions: Subscription[];

  constructor(
    private readonly bus: Bus,
    private readonly cache: Cache,
    private readonly feeds: ChangeFeeds,
    /** Follows what the session subscribes to, on the stream that is here. */
    followed: (sessionId: string) => Promise<void>,
  ) {
    this.subscriptions = [
      bus.subscribe(SubscriptionAwaited, ({ sessionId, by }) => {
        const confirm = (): void => bus.signal(SubscriptionConfirmed, { sessionId }, by);
        followed(sessionId).then(confirm, confirm);
      }),
      bus.subscribe(SubscriptionConfirmed, ({ sessionId }) => {
        for (const resolve of this.waiting.get(sessionId) ?? []) resolve();
      }),
    ];
  }

  /** The stream of a session is here now. */
  holds(sessionId: string, ttlMs: number): void {
    // Without it, what is subscribed to elsewhere is only confirmed too early.
    this.cache.set(holderKey(sessionId), this.bus.instance, ttlMs).catch(() => {});
  }

  /** Resolves once the session may rely on what it subscribes to. */
  async of({ id }: Session): Promise<void> {
    if (await this.feeds.confirmed(id)) return;
    const holder = await this.cache.get(holderKey(id)).catch(() => null);
    if (holder === null || holder === this.bus.instance) return;
    if (!(await isPresent(this.cache, holder).catch(() => false))) return;
    const late = new AbortController();
    const { promise, resolve } = Promise.withResolvers<void>();
    const waiting = this.waiting.get(id) ?? new Set();
    this.waiting.set(id, waiting.add(resolve));
    this.bus.signal(SubscriptionAwaited, { sessionId: id, by: this.bus.instance }, holder);
    const waitMs = CONFIRM_MS + HOLDER_MS;
    await Promise.race([promise, sleep(waitMs, undefined, { signal: late.signal, ref: false }).catch(() => {})]);
    late.abort();
    waiting.delete(resolve);
    if (waiting.size === 0) this.waiting.delete(id);
  }

  close(): void {
    for (const subscription of this.subscriptions) subscription.close();
  }
}
