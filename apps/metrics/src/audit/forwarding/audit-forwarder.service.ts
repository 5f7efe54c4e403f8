import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { Backoff } from '#libs/resilience';
import { InjectLogger, type Logger } from '#libs/telemetry';
import { AuditTrailRepository } from '../audit-trail.repository.js';
import { ProvenRecordView } from '../audit.view.js';
import type { Destination } from './destination.js';
import { ForwardingRepository } from './forwarding.repository.js';

export const DESTINATIONS = Symbol('destinations of the audit trail');

const BATCH_RECORDS = 100;
/** Receivers have limits too; one record alone may be longer. */
const BATCH_CHARS = 65_536;
const EVERY_MS = 1_000;
const RETRY = { firstMs: 1_000, maxMs: 300_000 };

/**
 * Sends the audit trail on to each destination, in its order: each record at least once, whatever is away or killed meanwhile.
 * What a destination has is noted after it has taken it.
 */
@Injectable()
export class AuditForwarder implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly instance = randomUUID();
  private readonly stopping = new AbortController();
  private running: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly trail: AuditTrailRepository,
    private readonly places: ForwardingRepository,
    @Inject(DESTINATIONS) private readonly destinations: readonly Destination[],
    @InjectLogger() private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.running = Promise.all(this.destinations.map((destination) => this.serve(destination)));
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async serve(destination: Destination): Promise<void> {
    const backoff = new Backoff(RETRY);
    const { signal } = this.stopping;
    let isFailing = false;
    while (!signal.aborted) {
      try {
        const { sent, isMore } = await this.forward(destination);
        if (isFailing && sent > 0) {
          isFailing = false;
          backoff.succeeded();
          this.logger.info({ destination: destination.name }, 'the audit trail is sent on again');
        }
        if (!isMore) await pause(EVERY_MS, signal);
      } catch (error) {
        if (!isFailing)
          this.logger.warn({ err: error, destination: destination.name }, 'the audit trail is not sent on');
        isFailing = true;
        await pause(backoff.failed(), signal);
      }
    }
  }

  /** How many were sent, and whether there may be more. */
  private async forward(destination: Destination): Promise<{ readonly sent: number; readonly isMore: boolean }> {
    const { name } = destination;
    const has = await this.places.claim(name, this.instance);
    if (has === null) return NOTHING;
    let last = has;
    try {
      const records = await this.trail.findFrom({}, BATCH_RECORDS, has);
      if (records.length === 0) return NOTHING;
      const batch = shortEnough(records.map((record) => new ProvenRecordView(record)));
      await destination.send(batch);
      last = records[batch.length - 1]?.seq ?? has;
      return { sent: batch.length, isMore: batch.length < records.length || records.length === BATCH_RECORDS };
    } finally {
      await this.places.settle(name, this.instance, last);
    }
  }
}

const NOTHING = { sent: 0, isMore: false } as const;

/** The first of them, at least one. */
const shortEnough = (records: readonly ProvenRecordView[]): readonly ProvenRecordView[] => {
  let chars = 0;
  const end = records.findIndex((record, at) => (chars += JSON.stringify(record).length) > BATCH_CHARS && at > 0);
  return end < 0 ? records : records.slice(0, end);
};

/** Ends early, without a word, when the service stops. */
const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  sleep(ms, undefined, { signal, ref: false }).catch(() => {});
