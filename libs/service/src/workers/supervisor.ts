import type { Worker as ClusterWorker } from 'node:cluster';
import { Backoff } from '#libs/resilience';
import { type Logger, type MetricsSnapshot, meter, snapshotGauge } from '#libs/telemetry';
import type { WorkerPlan } from './plan-workers.js';
import { Worker, type WorkerEvents } from './worker.js';
import { WorkerMetrics } from './worker-metrics.js';

const CHECK_MS = 500;
/** Who has lived for so long has not failed at its start. */
const STEADY_MS = 10_000;
const AGAIN = { firstMs: 250, maxMs: 30_000 };
/** After the workers' own time to stop. */
const KILL_AFTER_MS = 2_000;

const ended = meter().createCounter('switchyard_workers_ended_total', {
  description: 'Workers of the service that ended, by why: stopped, failed, or silent and killed for it.',
});

/**
 * Keeps so many workers running: replaces those that fail, that fall silent, and that have had their share of requests.
 * It touches no request itself: the workers accept connections from the socket that they share.
 */
export class Supervisor {
  readonly metrics = new WorkerMetrics();
  private readonly workers = new Set<Worker>();
  private readonly backoffs = new Map<number, Backoff>();
  /** By slot: until somebody is started there again. */
  private readonly waiting = new Map<number, NodeJS.Timeout>();
  /** Slots whose workers are to be replaced, one after the other. */
  private readonly spent = new Set<number>();
  private replacing: number | null = null;
  private checkedAtMs = performance.now();
  private state: 'starting' | 'running' | 'stopping' = 'starting';
  private clean = true;
  private readonly done = Promise.withResolvers<boolean>();
  private readonly events: WorkerEvents = {
    onReady: (worker) => this.ready(worker),
    onSpent: ({ slot }) => {
      this.spent.add(slot);
      this.replaceNext();
    },
    onScrape: (worker, id) => void this.collect().then((snapshot) => worker.send({ kind: 'scraped', id, snapshot })),
    onEnded: (worker, code, signal) => this.ended(worker, code, signal),
  };

  constructor(
    private readonly plan: WorkerPlan,
    private readonly fork: () => ClusterWorker,
    private readonly logger: Logger,
  ) {
    snapshotGauge('switchyard_workers', 'Workers of the service, by what they are doing.', () =>
      (['starting', 'serving', 'retiring'] as const).map((state) => ({
        labels: { state },
        value: [...this.workers].filter((worker) => worker.state === state).length,
      })),
    );
  }

  /** Resolves once no worker is left: to whether all of them ended as they should. */
  async run(): Promise<boolean> {
    const checking = setInterval(() => this.check(), CHECK_MS);
    // What cannot start at all says so once; the others follow the first.
    this.start(0);
    const clean = await this.done.promise;
    clearInterval(checking);
    return clean;
  }

  /** Tells all workers to finish what they have and end; ends them itself after `withinMs` and a little more. */
  stop(withinMs: number): void {
    if (this.state === 'stopping') return;
    this.state = 'stopping';
    for (const timer of this.waiting.values()) clearTimeout(timer);
    for (const worker of this.workers) worker.stop();
    setTimeout(() => this.killAll(), withinMs + KILL_AFTER_MS).unref();
    this.finishIfEmpty();
  }

  killAll(): void {
    for (const worker of this.workers) worker.kill();
  }

  collect(): Promise<MetricsSnapshot> {
    return this.metrics.collect(this.workers);
  }

  private start(slot: number): void {
    const { requestsMax, requestsJitter } = this.plan;
    const limit = requestsMax === 0 ? Infinity : requestsMax + Math.round(Math.random() * requestsJitter);
    try {
      this.workers.add(new Worker(slot, this.fork(), limit, this.events));
    } catch (error) {
      this.logger.error({ worker: slot, err: error }, 'a worker cannot be started');
      if (this.state === 'starting') this.done.resolve(false);
      else this.startAgain({ slot, startedAtMs: performance.now() });
    }
  }

  private ready(worker: Worker): void {
    const { pid, slot, url } = worker;
    if (this.state === 'stopping') return worker.stop();
    if (this.state === 'starting') {
      this.state = 'running';
      for (let other = 1; other < this.plan.count; other++) this.start(other);
    }
    this.logger.info({ worker: slot, pid, url }, 'a worker serves');
    for (const other of this.inSlot(slot)) if (other !== worker) other.stop();
    this.settle(slot);
  }

  private ended(worker: Worker, code: number | null, signal: string | null): void {
    const { pid, slot, state } = worker;
    this.workers.delete(worker);
    this.spent.delete(slot);
    this.metrics.keep(worker);
    // SIGTERM itself ends who was told to stop before it had begun to listen for that.
    const isClean = state === 'retiring' && (code === 0 || signal === 'SIGTERM');
    ended.add(1, { reason: reasonOf(worker, isClean) });
    if (this.state === 'stopping') {
      this.clean &&= isClean;
      return this.finishIfEmpty();
    }
    if (isClean) this.logger.info({ worker: slot, pid }, 'a worker was replaced');
    else this.logger.error({ worker: slot, pid, code, signal }, 'a worker has failed: what it had in hand is lost');
    if (this.state === 'starting') return this.done.resolve(false);
    const others = this.inSlot(slot);
    const isMissed = state === 'starting' || !others.some((other) => other.state === 'serving');
    if (isMissed && !others.some((other) => other.state === 'starting')) this.startAgain(worker);
    this.settle(slot);
  }

  private startAgain({ slot, startedAtMs }: Pick<Worker, 'slot' | 'startedAtMs'>): void {
    if (this.waiting.has(slot)) return;
    const backoff = this.backoffs.get(slot) ?? new Backoff(AGAIN);
    this.backoffs.set(slot, backoff);
    if (performance.now() - startedAtMs > STEADY_MS) backoff.succeeded();
    const pauseMs = backoff.failed();
    const again = (): void => {
      this.waiting.delete(slot);
      this.start(slot);
    };
    this.waiting.set(slot, setTimeout(again, pauseMs));
  }

  private replaceNext(): void {
    if (this.replacing !== null || this.state !== 'running') return;
    const [slot] = this.spent;
    if (slot === undefined) return;
    this.spent.delete(slot);
    this.replacing = slot;
    this.start(slot);
  }

  /** The next one may be replaced once a successor serves and its predecessor is gone. */
  private settle(slot: number): void {
    const [only, ...others] = this.inSlot(slot);
    if (this.replacing !== slot || this.waiting.has(slot) || others.length > 0 || only?.state !== 'serving') return;
    this.replacing = null;
    this.spent.delete(slot);
    this.replaceNext();
  }

  private inSlot(slot: number): Worker[] {
    return [...this.workers].filter((worker) => worker.slot === slot);
  }

  private check(): void {
    const nowMs = performance.now();
    // Whoever was held up itself has not heard what was said meanwhile.
    const isLate = nowMs - this.checkedAtMs > 2 * CHECK_MS;
    this.checkedAtMs = nowMs;
    if (isLate) return;
    for (const worker of this.workers) {
      if (worker.isKilled || !worker.isSilent(nowMs, this.plan.silenceMsMax)) continue;
      const { pid, slot } = worker;
      this.logger.error({ worker: slot, pid }, 'a worker gives no sign of life and is ended');
      worker.kill();
    }
  }

  private finishIfEmpty(): void {
    if (this.workers.size === 0) this.done.resolve(this.clean);
  }
}

const reasonOf = ({ isKilled }: Worker, isClean: boolean): string => {
  if (isClean) return 'stopped';
  return isKilled ? 'silent' : 'failed';
};
