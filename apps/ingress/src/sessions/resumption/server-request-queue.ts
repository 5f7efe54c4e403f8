import { randomBytes } from 'node:crypto';
import type { Subscription } from '#libs/bus';
import type { TrailSettings } from './event-store.js';

/** A request to the client, as it goes on the session's GET stream. */
export interface Mail {
  /** Of the event it is carried by: a number of the GET stream. */
  readonly number: number;
  readonly message: string;
}

export interface Delivery {
  readonly mail: readonly Mail[];
  /** The number of the last one that has come. */
  readonly seen: number;
}

const MAIL_MAX = 256;
const POSTED = 'switchyard.v1.sig.ingress.session.mail-posted.all';
const mailKey = (sessionId: string): string => `ingress:mail:${sessionId}`;
const takenKey = (sessionId: string, name: string): string => `ingress:mail-taken:${sessionId}:${name}`;

const ENTRY = /^([0-9a-f]{16}) (\d+) /;

/** What cannot be kept is lost: whoever waits for an answer to it is told in time that there is none. */
export const postMail = async (
  { cache, bus, ttlMs }: TrailSettings,
  sessionId: string,
  message: string,
): Promise<void> => {
  const entry = `${randomBytes(8).toString('hex')} ${Date.now() + ttlMs} ${message}`;
  try {
    await cache.append(mailKey(sessionId), entry, { lengthMax: MAIL_MAX, ttlMs });
    bus.signal(POSTED, { sessionId });
  } catch {
    // The store is away.
  }
};

/**
 * Requests to sessions' clients that belong to calls whose own stream nobody can come back to. The session's GET stream
 * takes them, on whichever replica it is, now or when there is one; each goes on one stream alone.
 * https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#multiple-connections
 */
export class SessionMail {
  private readonly subscriptions: Subscription[];

  /** `posted` hears of mail that has come (`null`: may have come) for a session. */
  constructor(
    private readonly settings: TrailSettings,
    posted: (sessionId: string | null) => void,
  ) {
    this.subscriptions = [
      settings.bus.onSignal(POSTED, (payload) => posted((payload as { sessionId: string }).sessionId)),
      settings.bus.onReconnect(() => posted(null)),
    ];
  }

  /**
   * What has come after the number `seen` and no stream has taken yet; with `lastReceived` also what one has taken, but
   * the client did not get.
   */
  async take(sessionId: string, seen: number, lastReceived: number | null): Promise<Delivery> {
    const { cache, ttlMs } = this.settings;
    const slice = await cache.readSince(mailKey(sessionId), seen);
    // The numbers of a list that has ended meanwhile begin anew.
    const { entries } = slice.complete ? slice : await cache.readSince(mailKey(sessionId), 0);
    const mail: Mail[] = [];
    for (const { id, value } of entries) {
      const [head = '', name = '', untilMs = '0'] = ENTRY.exec(value) ?? [];
      if (Date.now() >= Number(untilMs)) continue;
      const isFirst = await cache.setIfAbsent(takenKey(sessionId, name), '', ttlMs);
      if (isFirst || (lastReceived !== null && id > lastReceived))
        mail.push({ number: id, message: value.slice(head.length) });
    }
    return { mail, seen: entries.at(-1)?.id ?? seen };
  }

  close(): void {
    for (const subscription of this.subscriptions) subscription.close();
  }
}
