import type { GatewayError } from '#libs/errors';
import type { StreamEvent } from '#libs/mcp';
import { backoffMs } from '#libs/resilience';
import { EventFeed, type EventFeedOptions } from '../http/event-feed.js';
import { HttpRefusal } from '../http/refusal.js';

const RETRY_MS = 1_000;
const RETRY_MS_MAX = 60_000;
/** 404 by the book; 400 from servers that have not read it. */
const UNKNOWN_SESSION = new Set([400, 404]);

export interface SessionFeedEvents {
  event(event: StreamEvent): void;
  /** The stream is open again, but messages in between are lost. */
  gap(): void;
  /** The server does not know the session any more. */
  lost(): void;
}

/** The stream of a session that belongs to no request: kept open, opened again where it broke. */
export class SessionFeed {
  private readonly settled: Promise<void>;
  private settle: () => void;
  private feed: EventFeed | undefined;
  private timer: NodeJS.Timeout | undefined;
  private wasOpen = false;
  private closed = false;

  constructor(
    private readonly options: Pick<
      EventFeedOptions,
      'pool' | 'target' | 'access' | 'headers' | 'eventBytesMax' | 'talk' | 'holder'
    >,
    private readonly events: SessionFeedEvents,
  ) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.settled = promise;
    this.settle = resolve;
  }

  open(lastEventId?: string, failures = 0): void {
    if (this.closed) return;
    const feed = new EventFeed({
      ...this.options,
      lastEventId,
      onEvent: (event) => this.events.event(event),
      onOpen: () => {
        this.settle();
        if (this.wasOpen && lastEventId === undefined) this.events.gap();
        this.wasOpen = true;
      },
      onEnd: (error) => {
        this.settle();
        this.reopen(feed, error, failures);
      },
    });
    this.feed = feed.open();
  }

  /** Whether the server says within that time if there is such a stream. */
  async settledWithin(waitMs: number): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<false>((resolve) => {
      timer = setTimeout(resolve, waitMs, false).unref();
    });
    const inTime = await Promise.race([this.settled.then(() => true), late]);
    clearTimeout(timer);
    return inTime;
  }

  close(): void {
    this.closed = true;
    this.settle();
    clearTimeout(this.timer);
    this.feed?.close();
  }

  private reopen(feed: EventFeed, error: GatewayError | undefined, failures: number): void {
    const { cause } = error ?? {};
    if (cause instanceof HttpRefusal && cause.status < 500 && !this.mayBeLetIn(cause)) {
      // 405 and its kin: this server has no such stream. From one that had it, the session is what is missing.
      if (this.wasOpen && UNKNOWN_SESSION.has(cause.status)) this.events.lost();
      return;
    }
    const next = error === undefined ? 0 : failures + 1;
    const delayMs = backoffMs(next + 1, { firstMs: feed.reader.retryMs ?? RETRY_MS, maxMs: RETRY_MS_MAX });
    this.timer = setTimeout(() => this.open(feed.reader.lastEventId, next), delayMs).unref();
  }

  /** With an access token of later. */
  private mayBeLetIn({ status }: HttpRefusal): boolean {
    return status === 401 && this.options.access.renew !== undefined;
  }
}
