import type { GatewayError } from '#libs/errors';
import type { CarriedJson } from '#libs/mcp';
import type { Redact } from '../channel.js';
import type { Carrier, Exchange } from '../exchange.js';
import { EventFeed, type EventFeedOptions } from '../http/event-feed.js';
import { HttpRefusal } from '../http/refusal.js';
import type { Strays } from '../strays.js';

const RETRY_MS = 1_000;
const RETRY_MS_MIN = 100;
/** Streams that bring nothing new and end without a word, one after the other, before the answer is given up. */
const BARREN_MAX = 5;

export interface ResumptionOptions
  extends Pick<EventFeedOptions, 'pool' | 'target' | 'access' | 'headers' | 'eventBytesMax' | 'talk' | 'holder'> {
  readonly redact: Redact;
  readonly strays: Strays;
  readonly onDone: (resumption: Resumption) => void;
}

/**
 * Fetches the answer to one request whose stream the server has closed: by GET with `Last-Event-ID`, after the time it
 * asked for, again and again until the answer is there or the call has ended.
 * https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#resumability-and-redelivery
 */
export class Resumption implements Carrier {
  private timer: NodeJS.Timeout | undefined;
  private feed: EventFeed | undefined;

  constructor(
    private readonly exchange: Exchange,
    private readonly options: ResumptionOptions,
  ) {
    exchange.carrier = this;
  }

  release(): void {
    this.stop();
  }

  begin(lastEventId: string, retryMs = RETRY_MS, barren = 0): void {
    // However long that is: the call's own deadline ends it.
    this.timer = setTimeout(() => this.fetch(lastEventId, retryMs, barren), Math.max(retryMs, RETRY_MS_MIN));
  }

  /** Fails the exchange: there will be no answer. */
  giveUp(error?: GatewayError): void {
    this.stop();
    if (error?.code === 'upstream.too_large') this.exchange.fail(error);
    else this.exchange.failClosed(error);
  }

  private fetch(lastEventId: string, retryMs: number, barren: number): void {
    const { pool, target, access, headers, eventBytesMax, talk, holder } = this.options;
    const feed = new EventFeed({
      pool,
      target,
      access,
      headers,
      eventBytesMax,
      talk,
      holder: this.exchange.held?.caller ?? holder,
      lastEventId,
      onEvent: ({ event, data }) => this.read(event, data),
      onEnd: (error) => {
        if (this.exchange.settled) return this.stop();
        if (error?.cause instanceof HttpRefusal) return this.giveUp(error);
        if (error?.code === 'upstream.too_large') return this.giveUp(error);
        const { reader } = feed;
        // An upstream that says when to come back is still at work.
        const isPoll = error === undefined && reader.retryMs !== undefined;
        const nextBarren = !isPoll && reader.lastEventId === lastEventId ? barren + 1 : 0;
        if (nextBarren >= BARREN_MAX) this.giveUp(error);
        else this.begin(reader.lastEventId ?? lastEventId, reader.retryMs ?? retryMs, nextBarren);
      },
    });
    this.feed = feed.open();
  }

  private read(event: string, data: CarriedJson): void {
    if (event !== 'message' || data === '') return;
    this.options.strays.read(this.options.redact(data), (message) => this.exchange.receive(message));
    if (this.exchange.settled) this.stop();
  }

  private stop(): void {
    clearTimeout(this.timer);
    this.feed?.close();
    this.options.onDone(this);
  }
}
