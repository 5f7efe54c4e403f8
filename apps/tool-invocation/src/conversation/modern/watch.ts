import { META_SUBSCRIPTION_ID, notificationText, requestText, withMeta } from '#libs/mcp';
import { Backoff } from '#libs/resilience';
import type { Channel } from '../../transport/channel.js';
import { nextRequestId } from '../request.js';
import { Exchange } from '../../transport/exchange.js';
import { modernHeaders, modernMeta } from './request.js';
import { announce } from '../notifications.js';
import { NOTHING_WATCHED, type PeerEvents, type Watched } from '../peer.js';

const METHOD = 'subscriptions/listen';
const SETTLE_MS = 20;
const RETRY = { firstMs: 1_000, maxMs: 60_000 };

/**
 * The one `subscriptions/listen` of a connection. A filter cannot be changed, so a new stream is opened before the old
 * one is closed; after a drop it is opened again, and everything watched counts as changed.
 */
export class ModernWatch {
  private watched: Watched = NOTHING_WATCHED;
  private current: Exchange | undefined;
  private timer: NodeJS.Timeout | undefined;
  private readonly backoff = new Backoff(RETRY);
  private closed = false;
  /** What is watched is what the upstream has acknowledged, or will not. */
  private stands = true;
  private waiting: (() => void)[] = [];

  constructor(
    private readonly channel: Channel,
    private readonly overHttp: boolean,
    private readonly capabilities: object,
    private readonly events: PeerEvents,
  ) {}

  get active(): boolean {
    return this.watched.lists || this.followsResources;
  }

  get followsResources(): boolean {
    return this.watched.uris.length > 0;
  }

  set(watched: Watched): void {
    this.watched = watched;
    this.stands = false;
    this.schedule(SETTLE_MS);
  }

  /** Resolves once the upstream has acknowledged what is watched, or will not. */
  standing(): Promise<void> {
    return this.stands ? Promise.resolve() : new Promise((resolve) => this.waiting.push(resolve));
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    this.drop(this.current);
    this.stand();
  }

  private schedule(delayMs: number): void {
    clearTimeout(this.timer);
    if (!this.closed) this.timer = setTimeout(() => this.reopen(), delayMs).unref();
  }

  private reopen(): void {
    const previous = this.current;
    this.current = undefined;
    if (!this.active || this.channel.closed) {
      this.stand();
      return this.drop(previous);
    }
    const { watched } = this;
    const { lists, uris } = watched;
    const all = { toolsListChanged: true, promptsListChanged: true, resourcesListChanged: true };
    const notifications = { ...(lists && all), ...(uris.length > 0 && { resourceSubscriptions: uris }) };
    const id = nextRequestId();
    const text = requestText(id, METHOD, withMeta(JSON.stringify({ notifications }), modernMeta(this.capabilities)));
    const exchange: Exchange = new Exchange(id, text, modernHeaders(METHOD), {
      notified: ({ method, params }) => {
        const meta = params._meta as Record<string, unknown> | undefined;
        const subscription = meta?.[META_SUBSCRIPTION_ID];
        // Some servers leave it out: the stream says it as well.
        if (subscription !== undefined && subscription !== id) return;
        if (method !== 'notifications/subscriptions/acknowledged') {
          announce(method, params, this.events);
          return;
        }
        this.drop(previous);
        if (this.watched === watched) this.stand();
        if (this.backoff.failures > 0) this.events.invalidated();
        this.backoff.succeeded();
      },
      requested: () => {},
      // An error means that the server has no such stream; a result that it is stopping.
      answered: (message) => {
        this.drop(previous);
        this.ended(exchange, message.kind === 'result');
      },
      failed: () => {
        this.drop(previous);
        this.ended(exchange, true);
      },
    });
    this.current = exchange;
    this.channel.request(exchange);
  }

  private stand(): void {
    this.stands = true;
    for (const resolve of this.waiting.splice(0)) resolve();
  }

  private ended(exchange: Exchange, again: boolean): void {
    if (this.current !== exchange) return;
    this.current = undefined;
    if (!again || this.closed) return this.stand();
    this.schedule(this.backoff.failed());
  }

  private drop(exchange: Exchange | undefined): void {
    if (exchange === undefined || exchange.settled) return;
    exchange.abandon();
    if (!this.overHttp) {
      void this.channel.post(notificationText('notifications/cancelled', { requestId: exchange.id })).catch(() => {});
    }
  }
}
