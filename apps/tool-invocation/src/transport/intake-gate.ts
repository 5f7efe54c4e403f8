import { type Claim, UNCOUNTED_BYTES } from '#libs/resilience';

/** What brings the bytes: a socket, a pipe. */
export interface Source {
  pause(): void;
  resume(): void;
}

/**
 * Held back by several, it goes on when none of them does. What has been read already is read to its end first: undici keeps
 * the rest of what it is stopped in the middle of, reads on beside it, and holds more each time.
 */
export class SharedSource implements Source {
  private holders = 0;
  private isPaused = false;

  /** `sources`: what brings the bytes, and what decodes them. */
  constructor(private readonly sources: readonly Source[]) {}

  pause(): void {
    if (this.holders++ === 0) process.nextTick(() => this.settle());
  }

  resume(): void {
    if (--this.holders === 0) this.settle();
  }

  private settle(): void {
    const isHeld = this.holders > 0;
    if (isHeld === this.isPaused) return;
    this.isPaused = isHeld;
    for (const source of this.sources) source[isHeld ? 'pause' : 'resume']();
  }
}

/**
 * Lets in what an upstream sends no faster than there is room to keep it: the source is paused meanwhile, and the upstream
 * held back by its own connection.
 */
export class IntakeGate {
  private isPaused = false;

  constructor(
    private readonly claim: Claim,
    private readonly source: Source,
  ) {}

  /** So many bytes are kept of what has come and is not complete yet. */
  holds(bytes: number): void {
    if (bytes < UNCOUNTED_BYTES && this.claim.bytes === 0) return;
    this.claim.set(bytes);
    if (this.isPaused || this.claim.hasRoom) return;
    this.isPaused = true;
    this.source.pause();
    this.claim.whenRoom(() => {
      this.isPaused = false;
      this.source.resume();
    });
  }
}
