import type { Logger } from '#libs/telemetry';
import { CLOCK_SKEW_MS_MAX } from '../limits.js';
import type { SkewedClock } from '../port.js';
import { peerOf } from './subjects.js';

/** A slower answer says too little of what time it is. */
const ROUND_TRIP_MS_MAX = 5_000;
/** Askers whose clocks are wrong, and that are remembered. */
const KEPT_MAX = 100;

/**
 * Whose time of day differs from the one here by more than a minute. No deadline depends on it, but what stands in
 * records, tokens and lists does.
 */
export class ClockSkew {
  private readonly skewed = new Map<string, SkewedClock>();

  constructor(
    private readonly logger: Logger,
    private readonly limitMs = CLOCK_SKEW_MS_MAX,
  ) {}

  get clocks(): readonly SkewedClock[] {
    return [...this.skewed.values()];
  }

  note(inbox: string, epochMs: number, roundTripMs: number): void {
    if (roundTripMs > ROUND_TRIP_MS_MAX) return;
    const aheadMs = Math.round(epochMs + roundTripMs / 2 - Date.now());
    const known = this.skewed.has(inbox);
    if (Math.abs(aheadMs) <= this.limitMs) {
      if (known) this.logger.info(peerOf(inbox), 'the clock of another service agrees with this one again');
      this.skewed.delete(inbox);
      return;
    }
    const { name: service, instance } = peerOf(inbox);
    if (!known && this.skewed.size >= KEPT_MAX) return;
    if (!known) this.logger.warn({ service, instance, aheadMs }, 'the clock of another service differs from this one');
    this.skewed.set(inbox, { service, instance, aheadMs });
  }

  forget(inbox: string): void {
    this.skewed.delete(inbox);
  }
}
