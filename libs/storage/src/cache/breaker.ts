import { performance } from 'node:perf_hooks';

const FAILURES_MAX = 3;
const OPEN_MS = 1_000;

/**
 * Spares callers the wait for a store that does not answer: after a few failures in a row it refuses at once, and lets
 * one operation a second try.
 */
export class Breaker {
  private failures = 0;
  private openUntilMs = 0;

  get open(): boolean {
    return this.failures >= FAILURES_MAX;
  }

  /** Whether an operation may be tried now. */
  admits(): boolean {
    if (!this.open) return true;
    const now = performance.now();
    if (now < this.openUntilMs) return false;
    this.openUntilMs = now + OPEN_MS;
    return true;
  }

  succeeded(): void {
    this.failures = 0;
  }

  /** True when this failure opened it. */
  failed(): boolean {
    this.failures++;
    if (!this.open) return false;
    this.openUntilMs = performance.now() + OPEN_MS;
    return this.failures === FAILURES_MAX;
  }
}
