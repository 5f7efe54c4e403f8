import type { Worker as ClusterWorker } from 'node:cluster';
import type { MetricsSnapshot } from '#libs/telemetry';
import type { FromWorker, ToWorker } from './messages.js';

/** Until its first sign a process only loads its program, which takes long on a machine that is busy. */
const FIRST_SIGN_MS_MAX = 60_000;

export interface WorkerEvents {
  readonly onReady: (worker: Worker) => void;
  readonly onSpent: (worker: Worker) => void;
  readonly onScrape: (worker: Worker, id: number) => void;
  readonly onEnded: (worker: Worker, code: number | null, signal: string | null) => void;
}

/** One process of several that serve as one. */
export class Worker {
  state: 'starting' | 'serving' | 'retiring' = 'starting';
  /** The last that is known of its metrics. */
  metrics: MetricsSnapshot | null = null;
  url = '';
  isKilled = false;
  hasEnded = false;
  readonly startedAtMs = performance.now();
  private requests = 0;
  private seenAtMs = performance.now();
  private hasBeaten = false;
  private readonly awaited = new Map<number, (snapshot: MetricsSnapshot | null) => void>();

  constructor(
    /** From 0; that of whoever it replaces. */
    readonly slot: number,
    private readonly child: ClusterWorker,
    /** Infinity: it is never replaced for what it has done. */
    private readonly requestsMax: number,
    private readonly events: WorkerEvents,
  ) {
    child.on('message', (message: FromWorker) => this.receive(message));
    child.once('exit', (code: number | null, signal: string | null) => this.end(code, signal));
    // What is sent to a process that is just ending is told by its exit as well; one that never came to be has none.
    child.on('error', () => {
      if (this.pid === undefined) this.end(null, null);
    });
  }

  get pid(): number | undefined {
    return this.child.process.pid;
  }

  /** Whether it has given no sign for so long that it must be stuck. */
  isSilent(nowMs: number, silenceMsMax: number): boolean {
    return nowMs - this.seenAtMs > (this.hasBeaten ? silenceMsMax : Math.max(silenceMsMax, FIRST_SIGN_MS_MAX));
  }

  /** It answers what it has in hand, and ends. Told once: a second time would cut it short. */
  stop(): void {
    if (this.state === 'retiring') return;
    this.state = 'retiring';
    this.signal('SIGTERM');
  }

  kill(): void {
    this.isKilled = true;
    this.signal('SIGKILL');
  }

  /** Its metrics; the last ones that are known where it does not answer in time. */
  collect(id: number, withinMs: number): Promise<MetricsSnapshot | null> {
    return new Promise((resolve) => {
      const end = (snapshot: MetricsSnapshot | null): void => {
        clearTimeout(late);
        this.awaited.delete(id);
        resolve(snapshot);
      };
      const late = setTimeout(() => end(this.metrics), withinMs);
      this.awaited.set(id, end);
      this.send({ kind: 'collect', id });
    });
  }

  send(message: ToWorker): void {
    if (this.child.isConnected()) this.child.send(message, () => undefined);
  }

  private receive(message: FromWorker): void {
    this.seenAtMs = performance.now();
    this.hasBeaten = true;
    switch (message.kind) {
      case 'beat':
        this.requests = message.requests;
        if (this.state === 'serving' && this.requests >= this.requestsMax) this.events.onSpent(this);
        return;
      case 'ready':
        this.url = message.url;
        if (this.state !== 'starting') return;
        this.state = 'serving';
        this.events.onReady(this);
        return;
      case 'metrics':
        this.metrics = message.snapshot;
        this.awaited.get(message.id)?.(message.snapshot);
        return;
      case 'last':
        this.metrics = message.snapshot;
        return;
      case 'scrape':
        this.events.onScrape(this, message.id);
    }
  }

  private end(code: number | null, signal: string | null): void {
    if (this.hasEnded) return;
    this.hasEnded = true;
    for (const end of this.awaited.values()) end(null);
    this.events.onEnded(this, code, signal);
  }

  private signal(name: NodeJS.Signals): void {
    this.child.process.kill(name);
  }
}
