import { type Claim, UNCOUNTED_BYTES } from '#libs/resilience';

/** What brings the bytes: a socket, a pipe. */
export interface Source {
  pause(): void;
  resume(): void;
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
