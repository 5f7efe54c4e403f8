import { randomBytes } from 'node:crypto';

/** Without a sign of life for so long, the other end is gone. */
const SILENCE_MS = 15_000;
const PAYLOAD_BYTES = 8;
/** That have no answer yet; those before are not waited for. */
const PINGS_MAX = 8;

/** Pings that nobody can have answered who has not read them: each has bytes of its own, and only a pong with them counts. */
export class SignsOfLife {
  /** When each was sent, by its bytes. */
  private readonly pings = new Map<string, number>();
  private heardAtMs: number;

  constructor(private readonly nowMs: () => number = () => performance.now()) {
    this.heardAtMs = nowMs();
  }

  get isGone(): boolean {
    return this.nowMs() - this.heardAtMs > SILENCE_MS;
  }

  /** The bytes of the next ping. */
  ping(): Buffer {
    const payload = randomBytes(PAYLOAD_BYTES);
    this.pings.set(payload.toString('hex'), this.nowMs());
    if (this.pings.size > PINGS_MAX) this.pings.delete(this.pings.keys().next().value ?? '');
    return payload;
  }

  /** How long it took, in milliseconds; `null`: it answers no ping of ours. */
  pong(payload: Buffer): number | null {
    const key = payload.toString('hex');
    const sentAtMs = this.pings.get(key);
    if (sentAtMs === undefined) return null;
    this.pings.delete(key);
    this.heardAtMs = this.nowMs();
    return this.heardAtMs - sentAtMs;
  }
}
