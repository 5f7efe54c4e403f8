import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bus } from '#libs/bus';
import type { CallRecord } from '#libs/contracts';
import type { Logger } from '#libs/telemetry';
import { SpoolRecovery } from './spool-recovery.js';
import { droppedRecords, watchOutbox } from './outbox.instruments.js';
import { Shipper } from './shipper.js';
import { type Begun, Spool } from './spool.js';

/** Where call records wait, how many, and for how long; times in milliseconds. */
export interface OutboxSettings {
  /** Shared by all processes whose orphaned records this one may adopt. */
  readonly dir: string;
  readonly bus: Bus;
  readonly logger: Logger;
  /** How long a settled record may wait for company; 0: it does not. */
  readonly flushIntervalMs?: number;
  /** Records that go without waiting. */
  readonly flushCount?: number;
  readonly bytesMax?: number;
  readonly segmentBytesMax?: number;
  readonly recordsInMemoryMax?: number;
}

interface Beginning {
  readonly begun: Begun | undefined;
  readonly go: () => void;
  readonly refuse: () => void;
}

/** Rows of one `RecordCalls`; at some 400 bytes each they stay below the bus' largest message, else they are split. */
const BATCH_RECORDS_MAX = 1_000;
const HEARTBEAT_MS = 2_000;
const ADOPTION_MS = 5_000;
const CLOSE_MS = 5_000;

/**
 * Call records on their way to metrics. They are written to a local spool, so a process that is killed loses none:
 * whoever starts next, or lives, ships them. Records leave the spool once metrics acknowledges them; what is shipped
 * twice counts once there, by call id.
 *
 * What one turn of the event loop begins and settles is one write. A call goes ahead only once it stands on disk that
 * it has begun, and does not where the disk does not take that: what has run has a record. That it has settled stands
 * there when the turn ends, until when it would count as `unknown`.
 */
export class Outbox {
  private readonly spool: Spool;
  private readonly shipper: Shipper;
  private readonly recovery: SpoolRecovery;
  private readonly giveUp = new AbortController();
  private readonly timers: NodeJS.Timeout[] = [];
  private readonly flushIntervalMs: number;
  private readonly flushCount: number;
  private readonly logger: Logger;
  private linger: NodeJS.Timeout | undefined;
  private shipping: Promise<void> | undefined;
  private adopting: Promise<void> | undefined;
  private closing: Promise<void> | undefined;
  private readonly unwatch: () => void;
  private beginning: Beginning[] = [];
  private committing: NodeJS.Immediate | undefined;
  private diskFails = false;
  private dropping = false;
  private dropped = 0;

  constructor(settings: OutboxSettings) {
    const { logger, bus, dir } = settings;
    this.logger = logger;
    this.flushIntervalMs = settings.flushIntervalMs ?? 60_000;
    this.flushCount = settings.flushCount ?? 1_000;
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    this.spool = new Spool(
      join(dir, randomUUID()),
      {
        segmentBytesMax: settings.segmentBytesMax ?? 4 * 1024 * 1024,
        bytesMax: settings.bytesMax ?? 256 * 1024 * 1024,
        recordsInMemoryMax: settings.recordsInMemoryMax ?? 10_000,
      },
      (error) => this.diskFailed(error),
    );
    this.shipper = new Shipper(bus, logger, () => this.drop());
    this.recovery = new SpoolRecovery(
      dir,
      this.spool,
      (records) => this.shipper.ship(records, this.giveUp.signal),
      logger,
    );
    this.every(HEARTBEAT_MS, () => this.beat());
    this.every(ADOPTION_MS, () => this.adopt());
    this.unwatch = watchOutbox(this);
    this.adopt();
  }

  /** Settled records that metrics has not taken in yet. */
  get pending(): number {
    return this.spool.pending;
  }

  get bytesOnDisk(): number {
    return this.spool.bytesOnDisk;
  }

  /** Whether the disk does not take records; calls are then refused. */
  get isDiskFailing(): boolean {
    return this.diskFails;
  }

  /** Records lost because neither disk nor memory had room. */
  get droppedCount(): number {
    return this.dropped;
  }

  /**
   * The call is about to run: `go` lets it, once that is on disk; `refuse` is called where the disk does not take it.
   * `record.outcome` is `unknown`; it stands if this process dies before the call settles, for which what this answers is
   * handed back.
   */
  begin(record: CallRecord, go: () => void, refuse: () => void): Begun | undefined {
    const begun = this.closing === undefined ? this.spool.begin(record) : undefined;
    // The calls that arrive together are begun together: all of them come here before the first microtask runs.
    if (this.beginning.push({ begun, go, refuse }) === 1) queueMicrotask(() => this.goAhead());
    return begun;
  }

  /** The call has ended. Needs no `begin` before it; after one, what was known of the call by then is as it was. */
  settle(record: CallRecord, begun?: Begun): void {
    if (this.closing !== undefined || !this.spool.settle(record, begun)) return this.drop();
    this.dropping = false;
    this.committing ??= setImmediate(() => {
      this.committing = undefined;
      this.spool.commit();
    });
    if (this.flushIntervalMs === 0 || this.spool.ready >= this.flushCount) this.startShipping();
    else this.linger ??= setTimeout(() => this.startShipping(), this.flushIntervalMs).unref();
  }

  /** Ships what has settled so far, as far as that goes within the time. */
  async flush(timeoutMs: number = CLOSE_MS): Promise<void> {
    if (this.spool.ready === 0 || this.closing !== undefined) return;
    this.startShipping();
    await Promise.race([this.shipping, sleep(timeoutMs, undefined, { ref: false })]);
  }

  /** Ships what can be shipped until then; what cannot stays on disk for whoever starts next. */
  close(timeoutMs: number = CLOSE_MS): Promise<void> {
    this.closing ??= this.closeWithin(timeoutMs);
    return this.closing;
  }

  private goAhead(): void {
    const { beginning } = this;
    this.beginning = [];
    this.spool.commit();
    for (const { begun, go, refuse } of beginning) {
      if (begun?.isRefused) refuse();
      else go();
    }
  }

  private startShipping(): void {
    clearTimeout(this.linger);
    this.linger = undefined;
    this.shipping ??= this.shipReady().finally(() => {
      this.shipping = undefined;
      if (this.spool.ready === 0 || this.giveUp.signal.aborted) return;
      this.linger ??= setTimeout(() => this.startShipping(), this.flushIntervalMs).unref();
    });
  }

  /** What is ready now, and more as long as whole batches wait. Ends early only when shipping is given up. */
  private async shipReady(): Promise<void> {
    let due = this.spool.pending;
    const more = (): boolean => due > 0 || this.closing !== undefined || this.spool.ready >= this.flushCount;
    while (this.spool.ready > 0 && more()) {
      const batch = this.spool.peek(BATCH_RECORDS_MAX);
      try {
        await this.shipper.ship(batch, this.giveUp.signal);
      } catch {
        return;
      }
      this.spool.acknowledge(batch.length);
      due -= batch.length;
    }
  }

  private adopt(): void {
    this.adopting ??= this.recovery
      .adopt()
      .catch((error: unknown) => {
        if (!this.giveUp.signal.aborted) this.logger.error({ err: error }, 'adopting orphaned call records failed');
      })
      .finally(() => {
        this.adopting = undefined;
      });
  }

  private async closeWithin(timeoutMs: number): Promise<void> {
    for (const timer of this.timers) clearInterval(timer);
    clearTimeout(this.linger);
    clearImmediate(this.committing);
    this.spool.settleBegun();
    const deadline = setTimeout(() => this.giveUp.abort(), timeoutMs);
    await this.shipping;
    await this.shipReady();
    await this.adopting;
    clearTimeout(deadline);
    this.giveUp.abort();
    const left = this.spool.pending;
    if (left > 0) this.logger.warn({ records: left }, 'call records stay on disk until the next start');
    this.spool.close();
    this.unwatch();
  }

  private every(intervalMs: number, action: () => void): void {
    this.timers.push(setInterval(action, intervalMs).unref());
  }

  /** Logged once per run of drops; the counter tells how many. */
  private drop(): void {
    this.dropped += 1;
    droppedRecords.add(1);
    if (!this.dropping) this.logger.error('no room for call records: dropping them until there is');
    this.dropping = true;
  }

  private beat(): void {
    this.spool.beat();
    if (!this.diskFails || !this.spool.canWrite()) return;
    this.diskFails = false;
    this.logger.info('call records can be written to disk again');
  }

  private diskFailed(error: unknown): void {
    if (!this.diskFails) this.logger.error({ err: error }, 'call records cannot be written to disk');
    this.diskFails = true;
  }
}
