import { Worker } from 'node:worker_threads';
import type { FilterJob, FilterOutcome } from './filter-thread.js';

/** Why a filter gave nothing, in a sentence that holds nothing of the answer. */
export class FilterFailed extends Error {}

/** How long filters take, and how many wait. */
export interface FilterLimits {
  /** Of one run. */
  readonly runMsMax: number;
  /** Until a thread is free. */
  readonly waitMsMax: number;
  readonly waitingMax: number;
  readonly threadsMax: number;
  /** A thread without work is ended after this. */
  readonly idleMs: number;
}

/** What filters may take unless told otherwise. */
export const FILTER_LIMITS: FilterLimits = {
  runMsMax: 2_000,
  waitMsMax: 10_000,
  waitingMax: 500,
  threadsMax: 2,
  idleMs: 30_000,
};

interface Waiting {
  readonly job: FilterJob;
  readonly settle: (outcome: FilterOutcome | FilterFailed) => void;
  readonly timer: NodeJS.Timeout;
}

interface Thread {
  readonly worker: Worker;
  /** Undefined while it has none, and until it is ready. */
  running: Waiting | undefined;
  timer: NodeJS.Timeout | undefined;
  isReady: boolean;
}

const THREAD = new URL(import.meta.url.endsWith('.ts') ? './filter-thread.ts' : './filter-thread.js', import.meta.url);
/** Nothing of a value stands in these. */
const HARMLESS = /Cannot (?:iterate over|index) (?:null|boolean|number|string|array|object)/;

/** jq filters, run in threads that are ended when one takes too long or too much. Threads start when they are needed. */
export class JsonFilters {
  private readonly threads = new Set<Thread>();
  private readonly waiting: Waiting[] = [];

  constructor(private readonly limits: FilterLimits = FILTER_LIMITS) {}

  /** Throws `FilterFailed`, with what is wrong, for what is no filter. Runs nothing of it. */
  async check(filter: string): Promise<void> {
    const outcome = await this.run({ filter, json: '' });
    if (outcome.kind === 'failed') throw new FilterFailed(firstLine(outcome.problem));
  }

  /** Everything that the filter makes of a JSON text, as the text of a JSON array. Throws `FilterFailed`. */
  async apply(filter: string, json: string): Promise<string> {
    const outcome = await this.run({ filter, json });
    if (outcome.kind === 'done') return `[${outcome.lines.trimEnd().replaceAll('\n', ',')}]`;
    const problem = outcome.kind === 'failed' ? HARMLESS.exec(outcome.problem)?.[0] : undefined;
    throw new FilterFailed(`The answer does not fit the filter of the tool${problem ? `: ${problem}` : ''}`);
  }

  private async run(job: FilterJob): Promise<Exclude<FilterOutcome, { kind: 'spent' | 'ready' }>> {
    const outcome = await new Promise<FilterOutcome | FilterFailed>((settle) => this.accept(job, settle));
    if (outcome instanceof FilterFailed) throw outcome;
    if (outcome.kind === 'done' || outcome.kind === 'failed') return outcome;
    throw new FilterFailed('The filter of the tool took too much memory');
  }

  private accept(job: FilterJob, settle: Waiting['settle']): void {
    if (this.waiting.length >= this.limits.waitingMax) return settle(new FilterFailed('Too many filters are waiting'));
    const timer = setTimeout(() => {
      this.waiting.splice(this.waiting.indexOf(waiting), 1);
      settle(new FilterFailed(`The filter of the tool waited longer than ${this.limits.waitMsMax} ms`));
    }, this.limits.waitMsMax);
    const waiting = { job, settle, timer };
    this.waiting.push(waiting);
    const free = [...this.threads].find(({ running, isReady }) => isReady && running === undefined);
    if (free !== undefined) this.next(free);
    else if (this.threads.size < this.limits.threadsMax) this.start();
  }

  private start(): void {
    const worker = new Worker(THREAD);
    const thread: Thread = { worker, running: undefined, timer: undefined, isReady: false };
    this.threads.add(thread);
    worker.on('message', (outcome: FilterOutcome) => this.heard(thread, outcome));
    worker.on('error', () => this.end(thread, { kind: 'spent' }));
  }

  private heard(thread: Thread, outcome: FilterOutcome): void {
    if (!this.threads.has(thread)) return;
    if (outcome.kind === 'spent') return this.end(thread, outcome);
    clearTimeout(thread.timer);
    const { running } = thread;
    thread.running = undefined;
    thread.isReady = true;
    running?.settle(outcome);
    this.next(thread);
  }

  private next(thread: Thread): void {
    clearTimeout(thread.timer);
    const waiting = this.waiting.shift();
    if (waiting === undefined) {
      thread.worker.unref();
      thread.timer = setTimeout(() => this.end(thread, { kind: 'spent' }), this.limits.idleMs).unref();
      return;
    }
    clearTimeout(waiting.timer);
    thread.worker.ref();
    thread.running = waiting;
    thread.timer = setTimeout(
      () => this.end(thread, new FilterFailed(`The filter of the tool took longer than ${this.limits.runMsMax} ms`)),
      this.limits.runMsMax,
    );
    thread.worker.postMessage(waiting.job);
  }

  /** What waits goes on in another. */
  private end(thread: Thread, outcome: FilterOutcome | FilterFailed): void {
    if (!this.threads.delete(thread)) return;
    clearTimeout(thread.timer);
    void thread.worker.terminate();
    const { running } = thread;
    running?.settle(outcome);
    if (running !== undefined && this.waiting.length > 0) this.start();
  }
}

/** jq repeats the filter behind it. */
const firstLine = (problem: string): string =>
  (problem.split('\n', 1)[0] ?? '')
    .replace(/^jq: error: /, '')
    .replace(/ \(Unix shell quoting issues\?\)/, '')
    .slice(0, 300);
