import { EventReader } from './event-reader.ts';

/** What is told at once, so that a page is painted at most ten times a second, however much happens. */
const BATCH_MS = 100;
const RETRY_MS_MIN = 1_000;
const RETRY_MS_MAX = 30_000;
/** Nobody answers later than that. */
const OPEN_MS_MAX = 15_000;
/** The gateway says every 15 s that the stream stands: one that is silent for longer is none. */
const SILENT_MS_MAX = 40_000;

/**
 * How the stream stands. `off`: nobody looks. `refused`: the gateway has none to give. Both that and `lost` stay so while it
 * is tried again, from `retryAtMs` on.
 */
export type LiveStatus =
  | { readonly kind: 'off' | 'opening' | 'live' }
  | { readonly kind: 'lost' | 'refused'; readonly lastGoodAtMs: number | null; readonly retryAtMs: number };

/** What has come since it was told last. */
export interface LiveBatch<Call> {
  readonly calls: readonly Call[];
  /** Calls that were too many to be shown. */
  readonly missed: number;
  /** What may be other than before. */
  readonly topics: ReadonlySet<string>;
}

export interface LiveSource {
  /** Rejects where it cannot be had; the reason says by `status` what the gateway answered, if it did. */
  readonly open: (signal: AbortSignal) => Promise<ReadableStream<Uint8Array>>;
  readonly isHidden: () => boolean;
}

interface Listener<Call> {
  readonly batch: (batch: LiveBatch<Call>) => void;
  readonly status: (status: LiveStatus) => void;
  /** The stream stands again, after nothing was heard since then. */
  readonly resumed: (sinceMs: number) => void;
  /** The gateway knows nobody by the session any more. */
  readonly unknown: () => void;
}

/** One stream of events, opened anew whenever it breaks, closed while nobody sees the page. */
export class LiveStream<Call> {
  private status: LiveStatus = { kind: 'off' };
  private aborting: AbortController | undefined;
  private retryTimer: ReturnType<typeof setTimeout> | undefined;
  private batchTimer: ReturnType<typeof setTimeout> | undefined;
  private failures = 0;
  private isWanted = false;
  /** When something was heard last; null before the first time. */
  private heardAtMs: number | null = null;
  private calls: Call[] = [];
  private missed = 0;
  private topics = new Set<string>();

  constructor(
    private readonly source: LiveSource,
    private readonly listener: Listener<Call>,
  ) {}

  /** Whether it is wanted, or the page is seen, may be other than before. */
  look(isWanted = this.isWanted): void {
    this.isWanted = isWanted;
    const isDue = isWanted && !this.source.isHidden();
    if (isDue && this.aborting === undefined) void this.run();
    if (!isDue) this.close();
  }

  /** Without waiting for the time at which it would be tried again. */
  retryNow(): void {
    if (this.retryTimer === undefined) return;
    clearTimeout(this.retryTimer);
    this.retryTimer = undefined;
    this.aborting = undefined;
    this.look();
  }

  private close(): void {
    clearTimeout(this.retryTimer);
    this.retryTimer = undefined;
    this.aborting?.abort();
    this.aborting = undefined;
    this.flush();
    this.become({ kind: 'off' });
  }

  private async run(): Promise<void> {
    const aborting = new AbortController();
    this.aborting = aborting;
    this.become('retryAtMs' in this.status ? { ...this.status, retryAtMs: Date.now() } : { kind: 'opening' });
    let problem: unknown;
    const late = setTimeout(() => aborting.abort(), OPEN_MS_MAX);
    try {
      const body = await this.source.open(aborting.signal);
      clearTimeout(late);
      await this.read(body, aborting);
    } catch (error) {
      problem = error;
    }
    clearTimeout(late);
    // Closed, and perhaps opened anew, by somebody else.
    if (this.aborting !== aborting) return;
    this.flush();
    const status = statusOf(problem);
    if (status === 401) {
      this.look(false);
      this.listener.unknown();
      return;
    }
    const waitMs = Math.min(RETRY_MS_MAX, RETRY_MS_MIN * 2 ** this.failures++) * (0.75 + Math.random() / 2);
    this.become({
      kind: status === 429 || status === 503 ? 'refused' : 'lost',
      lastGoodAtMs: this.heardAtMs,
      retryAtMs: Date.now() + waitMs,
    });
    this.retryTimer = setTimeout(() => this.retryNow(), waitMs);
  }

  private async read(body: ReadableStream<Uint8Array>, aborting: AbortController): Promise<void> {
    if (this.aborting !== aborting) return;
    const sinceMs = this.heardAtMs;
    this.heardAtMs = Date.now();
    this.become({ kind: 'live' });
    if (sinceMs !== null) this.listener.resumed(sinceMs);
    const events = new EventReader((event, data) => this.take(event, data));
    const decoder = new TextDecoder();
    const reader = body.getReader();
    const silence = setInterval(() => {
      if (Date.now() - (this.heardAtMs ?? 0) > SILENT_MS_MAX) void reader.cancel().catch(() => undefined);
    }, SILENT_MS_MAX / 4);
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done || this.aborting !== aborting) return;
        this.heardAtMs = Date.now();
        this.failures = 0;
        events.push(decoder.decode(value, { stream: true }));
      }
    } finally {
      clearInterval(silence);
    }
  }

  private take(event: string, data: string): void {
    if (event === 'call') this.calls.push(JSON.parse(data) as Call);
    if (event === 'missed') this.missed += (JSON.parse(data) as { count: number }).count;
    if (event === 'state')
      for (const topic of (JSON.parse(data) as { topics: string[] }).topics) this.topics.add(topic);
    this.batchTimer ??= setTimeout(() => this.flush(), BATCH_MS);
  }

  private flush(): void {
    clearTimeout(this.batchTimer);
    this.batchTimer = undefined;
    const { calls, missed, topics } = this;
    if (calls.length === 0 && missed === 0 && topics.size === 0) return;
    this.calls = [];
    this.missed = 0;
    this.topics = new Set();
    this.listener.batch({ calls, missed, topics });
  }

  private become(status: LiveStatus): void {
    if (this.status.kind === 'off' && status.kind === 'off') return;
    this.status = status;
    this.listener.status(status);
  }
}

const statusOf = (problem: unknown): unknown =>
  typeof problem === 'object' && problem !== null && 'status' in problem ? problem.status : undefined;
