import type { IncomingMessage } from 'node:http';
import { type GatewayError, fail } from '#libs/errors';
import type { ClientAddress } from '#libs/identity';
import { heldBytes, scarcePatienceMs } from '#libs/resilience';
import type { Place } from './place.js';

export interface SlowClientLimits {
  /** Bytes that a body must bring per second; 0: none. */
  readonly bodyBytesPerSecondMin: number;
  /** Unknown callers of one address whose bodies may be on the way at once. */
  readonly strangersPerAddressMax: number;
  readonly addressOf: ClientAddress;
  /** An answer of which nothing is taken for this long is given up. */
  readonly stallMs: number;
}

/** Whether the caller of a request is known. Never throws or rejects. */
export type KnowsCaller = (request: IncomingMessage) => boolean | Promise<boolean>;

const SWEEP_MS = 250;
/** Bodies are measured over this long, so that a pause of a good connection costs nothing. */
const BODY_WINDOW_MS = 5_000;
/** A large piece that is written at once leaves at once, as far as can be seen; so it has as much longer. */
const ANSWER_BYTES_PER_SECOND_MIN = 64 * 1024;

/**
 * Ends what clients are too slow with: bodies that hardly come, answers that nobody reads. Of callers whom nobody knows,
 * an address has only so many bodies on their way; when there are more, those that take longest make room.
 */
export class SlowClients {
  knows: KnowsCaller = () => false;
  private readonly timer: NodeJS.Timeout;

  /** `cut` ends the request, answered with the failure where there is still time. */
  constructor(
    private readonly requests: Iterable<Place>,
    private readonly limits: SlowClientLimits,
    private readonly cut: (place: Place, failure: GatewayError) => void,
  ) {
    this.timer = setInterval(() => this.sweep(performance.now()), SWEEP_MS);
    this.timer.unref();
  }

  close(): void {
    clearInterval(this.timer);
  }

  private sweep(nowMs: number): void {
    const strangers = new Map<string, Place[]>();
    for (const place of this.requests) {
      if (place.state !== 'arriving') this.watchAnswer(place, nowMs);
      else if (!this.watchBody(place, nowMs) && !this.isKnown(place)) {
        const address = this.limits.addressOf(place.request);
        const those = strangers.get(address);
        if (those === undefined) strangers.set(address, [place]);
        else those.push(place);
      }
    }
    for (const those of strangers.values()) {
      const tooMany = those.length - this.limits.strangersPerAddressMax;
      if (tooMany <= 0) continue;
      those.sort((a, b) => a.startedAtMs - b.startedAtMs);
      for (const place of those.slice(0, tooMany)) this.cut(place, fail('http.request_timeout'));
    }
  }

  /** True when the request is ended. */
  private watchBody(place: Place, nowMs: number): boolean {
    const { request } = place;
    const bytes = request.socket.bytesRead;
    // While we do not read, the client cannot send.
    if (place.seenAtMs < 0 || request.readableFlowing !== true) {
      see(place, nowMs, bytes);
      return false;
    }
    const tookMs = nowMs - place.seenAtMs;
    if (tookMs < BODY_WINDOW_MS) return false;
    const isSlow = ((bytes - place.seenBytes) * 1_000) / tookMs < this.limits.bodyBytesPerSecondMin;
    see(place, nowMs, bytes);
    if (isSlow) this.cut(place, fail('http.request_timeout'));
    return isSlow;
  }

  private watchAnswer(place: Place, nowMs: number): void {
    const { response } = place;
    const unsent = response.writableLength;
    if (unsent === 0) {
      place.seenAtMs = -1;
      return;
    }
    const { bytesWritten, writableLength } = place.request.socket;
    const sent = bytesWritten - writableLength;
    if (place.seenAtMs < 0 || sent !== place.seenBytes) return see(place, nowMs, sent);
    const patienceMs = heldBytes.isFull
      ? scarcePatienceMs(unsent)
      : this.limits.stallMs + (unsent * 1_000) / ANSWER_BYTES_PER_SECOND_MIN;
    if (nowMs - place.seenAtMs > patienceMs) response.destroy();
  }

  private isKnown(place: Place): boolean {
    if (place.known !== null) return place.known;
    const knowing = this.knows(place.request);
    if (typeof knowing === 'boolean') return (place.known = knowing);
    // Nobody is cut off while it is being found out.
    place.known = true;
    void knowing.then((known) => {
      place.known = known;
    });
    return true;
  }
}

const see = (place: Place, nowMs: number, bytes: number): void => {
  place.seenAtMs = nowMs;
  place.seenBytes = bytes;
};
