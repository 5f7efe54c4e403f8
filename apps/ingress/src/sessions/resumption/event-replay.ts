import { StreamGrown } from '#contracts/ingress/stream.signal';
import type { Subscription } from '#libs/bus';
import { fail } from '#libs/errors';
import { errorMessage, toRpcError } from '#libs/mcp';
import { ENTRY_KIND, type EventStore, type StreamOrigin, streamKey } from './event-store.js';
import { isPresent } from './presence.js';

export interface ReplayReader {
  /** There is such a stream. */
  begin(): void;
  send(message: string, eventId: string): void | Promise<void>;
  /** The stream has ended, or there is nothing of it. */
  end(): void;
}

const EVENT_ID = /^([0-9a-f]{24})\.(\d{1,9})$/;
const POLL_MS = 1_000;
/** Looks at a stream that is not there, before it is given up: its first entry may still be on its way to the store. */
const EMPTY_LOOKS_MAX = 2;

/** Replays what a stream sent after an event, then what still comes, whichever replica it comes from. */
export class EventReplay {
  private readonly subscription: Subscription;
  private readonly poll: NodeJS.Timeout;
  private stopped = false;
  private reading: Promise<void> | null = null;
  private again = false;
  private emptyLooks = 0;
  private begun = false;
  private origin: StreamOrigin | null = null;

  private constructor(
    private readonly store: EventStore,
    private readonly key: string,
    readonly stream: string,
    private last: number,
    private readonly reader: ReplayReader,
  ) {
    this.subscription = store.bus.subscribe(StreamGrown, () => this.look(), { key: stream });
    this.poll = setInterval(() => this.look(), POLL_MS);
    this.look();
  }

  /** `null` for an id that is none of a stored stream's. */
  static from(store: EventStore, sessionId: string, eventId: string, reader: ReplayReader): EventReplay | null {
    const [, stream, number] = EVENT_ID.exec(eventId) ?? [];
    if (stream === undefined) return null;
    return new EventReplay(store, streamKey(sessionId, stream), stream, Number(number), reader);
  }

  stop(): void {
    this.stopped = true;
    this.subscription.close();
    clearInterval(this.poll);
  }

  private look(): void {
    this.again = true;
    // A store that is away for a while is asked again at the next look.
    this.reading ??= this.read()
      .catch(() => {})
      .finally(() => {
        this.reading = null;
      });
  }

  private async read(): Promise<void> {
    while (this.again && !this.stopped) {
      this.again = false;
      const { entries, complete } = await this.store.cache.readSince(this.key, this.last);
      if (!this.begun && (complete || entries.length > 0)) {
        this.begun = true;
        this.reader.begin();
      }
      for (const { id, value } of entries) {
        if (this.stopped) return;
        this.last = id;
        if (value.startsWith(ENTRY_KIND.origin)) continue;
        if (value.length > 1) await this.reader.send(value.slice(1), `${this.stream}.${id}`);
        if (value.startsWith(ENTRY_KIND.last)) return this.finish();
      }
      if (entries.length > 0) this.emptyLooks = 0;
      else if (complete) await this.checkPresence();
      else if (++this.emptyLooks >= EMPTY_LOOKS_MAX) return this.finish();
    }
  }

  /** Nothing more comes from a replica that is gone; its client is told, rather than left to wait. */
  private async checkPresence(): Promise<void> {
    const { cache } = this.store;
    if (this.origin === null) {
      const [first] = (await cache.readSince(this.key, 0)).entries;
      if (!first?.value.startsWith(ENTRY_KIND.origin)) return;
      this.origin = JSON.parse(first.value.slice(1)) as StreamOrigin;
    }
    if (await isPresent(cache, this.origin.instance)) return;
    // It may have finished just before it went.
    if ((await cache.readSince(this.key, this.last)).entries.length > 0) return this.look();
    const error = toRpcError(fail('bus.responder_lost', { executed: 'unknown' }));
    for (const idText of await this.unanswered(this.origin))
      await this.reader.send(errorMessage(idText, error), `${this.stream}.${this.last}`);
    this.finish();
  }

  private async unanswered({ idTexts }: StreamOrigin): Promise<string[]> {
    const { entries } = await this.store.cache.readSince(this.key, 0);
    const answered = new Set(
      entries
        .filter(({ value }) => !value.startsWith(ENTRY_KIND.origin) && value.length > 1)
        .map(({ value }) => JSON.parse(value.slice(1)) as { readonly id?: unknown; readonly method?: unknown })
        .filter(({ method }) => method === undefined)
        .map(({ id }) => JSON.stringify(id)),
    );
    return idTexts.filter((idText) => !answered.has(JSON.stringify(JSON.parse(idText))));
  }

  private finish(): void {
    if (this.stopped) return;
    this.stop();
    this.reader.end();
  }
}
