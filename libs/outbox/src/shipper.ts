import { setTimeout as sleep } from 'node:timers/promises';
import type { Bus } from '#libs/bus';
import { type CallRecord, RecordCalls } from '#libs/contracts';
import { GatewayError } from '#libs/errors';
import { Backoff, type BackoffSettings } from '#libs/resilience';
import type { Logger } from '#libs/telemetry';

const RETRY: BackoffSettings = { firstMs: 200, maxMs: 10_000 };

/** Carries batches to metrics, again and again until it has them for good. */
export class Shipper {
  private readonly backoff = new Backoff(RETRY);

  constructor(
    private readonly bus: Bus,
    private readonly logger: Logger,
    /** A record that the bus refuses even alone. */
    private readonly onUnshippable: (record: CallRecord) => void,
  ) {}

  /** Resolves once metrics has taken the records in; rejects only when `signal` aborts. */
  async ship(records: readonly CallRecord[], signal: AbortSignal): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      try {
        await this.bus.ask(RecordCalls, { records }, { signal });
        this.succeeded();
        return;
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof GatewayError && error.code === 'bus.too_large') return this.split(records, signal);
        await sleep(this.failed(error), undefined, { signal });
      }
    }
  }

  private async split(records: readonly CallRecord[], signal: AbortSignal): Promise<void> {
    if (records.length === 1) {
      for (const record of records) this.onUnshippable(record);
      return;
    }
    const half = Math.ceil(records.length / 2);
    await this.ship(records.slice(0, half), signal);
    await this.ship(records.slice(half), signal);
  }

  private succeeded(): void {
    const { failures } = this.backoff;
    if (failures > 0) this.logger.info({ attempts: failures + 1 }, 'metrics takes call records again');
    this.backoff.succeeded();
  }

  /** How long to wait. Only the first failure in a row is logged. */
  private failed(error: unknown): number {
    if (this.backoff.failures === 0)
      this.logger.warn({ err: error }, 'metrics does not take call records; they wait on disk');
    return this.backoff.failed();
  }
}
