import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type BeforeApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import type { JobsOptions, Queue, QueueEvents, Worker } from 'bullmq';
import { fail } from '#libs/errors';
import { type Logger, tracedJob } from '#libs/telemetry';
import type { CallColumns } from '../records/call-columns.js';
import { BatchEnds } from './batch-ends.js';
import type { CallWriterService } from '../records/call-writer.service.js';
import { LogThrottle } from './log-throttle.js';
import { pack, unpack } from './packing.js';
import type { QueueBackend, QueuedJob } from './queue-backend.js';

const QUEUE = 'call-records';
const JOB = 'write';
const BATCHES_AT_ONCE = 2;
/** A batch whose worker was killed is taken up by another after at most twice this. */
const LOCK_MS = 5_000;
/** Kept for whoever asks for the very batch again because the answer was lost. */
const DONE_KEPT = 20;
const FAILED_KEPT = 100;
const JOB_OPTIONS: JobsOptions = {
  attempts: 3,
  backoff: { type: 'exponential', delay: 300 },
  removeOnComplete: { count: DONE_KEPT },
  removeOnFail: { count: FAILED_KEPT },
};
const JOB_SPAN = () => ({
  name: `process ${QUEUE}`,
  attributes: {
    'messaging.system': 'bullmq',
    'messaging.destination.name': QUEUE,
    'messaging.operation.name': 'process',
    'messaging.operation.type': 'process',
  },
});
const PAUSE_AFTER_ERROR_MS = 1_000;
const LOOK_AGAIN_MS = 1_000;
/** Kept back from the asker's deadline for the answer. */
const ANSWER_MS = 200;

/**
 * The way of a batch: a job in the queue, taken by a worker of any replica, written in bulk. Whoever brought the batch
 * is answered when its rows are committed, not when the queue has it: so nothing is lost with a Redis that keeps nothing
 * on disk, is flushed or fails over. Until then the bringer keeps it and brings it again, which is why everything here
 * may happen twice: a job's id is a digest of what is in it, and a call counts once by its id.
 */
export class CallQueueService implements OnModuleInit, BeforeApplicationShutdown {
  private readonly queue: Queue;
  private readonly events: QueueEvents;
  private readonly worker: Worker;
  private readonly ends: BatchEnds;
  private readonly throttle: LogThrottle;
  /** Batches that were brought here and are waited for, by job: mostly it is this process that writes them, too. */
  private readonly brought = new Map<string, CallColumns>();
  private pauseTimer: NodeJS.Timeout | undefined;
  private closing = false;

  constructor(
    private readonly backend: QueueBackend,
    private readonly writer: CallWriterService,
    logger: Logger,
  ) {
    this.throttle = new LogThrottle(logger, 'the queue of call records fails');
    this.queue = backend.queue(QUEUE, {});
    this.events = backend.events(QUEUE);
    this.ends = new BatchEnds(this.events);
    this.worker = backend.worker(QUEUE, (job) => tracedJob(() => this.process(job), JOB_SPAN), {
      autorun: false,
      concurrency: BATCHES_AT_ONCE,
      lockDuration: LOCK_MS,
      stalledInterval: LOCK_MS,
      maxStalledCount: 3,
    });
    this.queue.on('error', (error) => this.throttle.error(error));
    this.events.on('error', (error) => this.throttle.error(error));
    this.worker.on('error', (error) => this.pauseWorker(error));
    this.worker.on('failed', (job, error) => {
      const final = job === undefined || job.attemptsMade >= (job.opts.attempts ?? 1);
      if (final) logger.error({ jobId: job?.id, err: error }, 'gave up a batch of call records');
    });
  }

  /** Until the store of the queue has answered; rejects where it went away meanwhile, and then never becomes ready. */
  async ready(): Promise<void> {
    await Promise.all([this.queue.waitUntilReady(), this.events.waitUntilReady(), this.worker.waitUntilReady()]);
  }

  onModuleInit(): void {
    // `pauseWorker` sets it going again too.
    void this.keepRunning(async () => {
      if (!this.worker.isRunning()) await this.worker.run();
    });
    void this.keepRunning(() => this.events.run());
  }

  /**
   * Resolves once the records are in the tables, with the number of those that never can be. Rejects with
   * `platform.not_ready` when that does not happen before `deadlineAtMs` (of `performance.now()`).
   */
  async write(columns: CallColumns, deadlineAtMs: number): Promise<number> {
    const waitMs = deadlineAtMs - performance.now() - ANSWER_MS;
    if (this.closing || waitMs <= 0) throw fail('platform.not_ready');
    const work = this.enqueueAndWait(columns, performance.now() + waitMs);
    // The queue's own waits end late or never when its store is gone.
    const timer = new AbortController();
    try {
      return await Promise.race([work, late(waitMs, timer.signal)]);
    } catch (error) {
      this.throttle.error(error);
      throw fail('platform.not_ready', { message: 'Call records cannot be written now', cause: error });
    } finally {
      timer.abort();
      work.catch(() => {});
    }
  }

  /** By state, for the gauges. */
  async depth(): Promise<Readonly<Record<string, number>>> {
    return this.queue.getJobCounts('waiting', 'active', 'delayed', 'failed');
  }

  /** Before the database closes. */
  async beforeApplicationShutdown(): Promise<void> {
    this.closing = true;
    clearTimeout(this.pauseTimer);
    await Promise.allSettled([this.worker.close(), this.events.close(), this.queue.close()]);
    await this.backend.close();
  }

  private async enqueueAndWait(columns: CallColumns, endsAtMs: number): Promise<number> {
    const id = digestOf(columns);
    const packed = await pack(columns);
    const ended = this.ends.of(id);
    this.brought.set(id, columns);
    try {
      await this.queue.add(JOB, { packed }, { ...JOB_OPTIONS, jobId: id });
      for (;;) {
        const leftMs = endsAtMs - performance.now();
        const result = await ended.within(Math.max(0, Math.min(leftMs, LOOK_AGAIN_MS)));
        if (result !== null) return result;
        // The job may have ended before, or its end gone unheard. To look for that brings the whole batch back.
        const done = await this.resultOf(id);
        if (done !== null) return done;
        if (leftMs <= 0 || this.closing) throw new Error('the batch was not written in time');
      }
    } finally {
      this.brought.delete(id);
      ended.close();
    }
  }

  /** Null when the job has not ended. */
  private async resultOf(id: string): Promise<number | null> {
    const job = await this.queue.getJob(id);
    if (job === undefined) throw new Error('the queue has lost the batch');
    if (job.finishedOn === undefined) return null;
    if (job.failedReason === undefined) return job.returnvalue as number;
    // It would answer for every later job of its id.
    await job.remove();
    throw new Error(job.failedReason);
  }

  private async process({ id, data }: QueuedJob): Promise<number> {
    const columns = id === undefined ? undefined : this.brought.get(id);
    if (columns !== undefined) return this.writer.write(columns);
    const packed = (data as { packed?: unknown } | null)?.packed;
    if (typeof packed !== 'string') throw new Error('a job without records');
    return this.writer.write(await unpack(packed));
  }

  /** BullMQ's loops end with the first error that is not plainly one of the connection. */
  private async keepRunning(run: () => Promise<void>): Promise<void> {
    while (!this.closing) {
      await run().catch((error: unknown) => this.throttle.error(error));
      if (!this.closing) await sleep(PAUSE_AFTER_ERROR_MS);
    }
  }

  /** Some errors of the store come back at once, for ever, and BullMQ's worker repeats them without a pause. */
  private pauseWorker(error: unknown): void {
    this.throttle.error(error);
    if (this.pauseTimer !== undefined || this.closing) return;
    void this.worker.pause(true).catch(() => {});
    this.pauseTimer = setTimeout(() => {
      this.pauseTimer = undefined;
      if (!this.closing) void this.worker.resume();
    }, PAUSE_AFTER_ERROR_MS);
  }
}

const digestOf = (columns: CallColumns): string => createHash('sha256').update(columns).digest('hex');

const late = async (waitMs: number, signal: AbortSignal): Promise<never> => {
  await sleep(waitMs, undefined, { signal });
  throw new Error('the queue did not finish in time');
};
