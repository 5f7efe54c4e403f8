import type { QueueEvents } from 'bullmq';

type Listener = (result: number | null) => void;

/** Tells those who wait for a batch that its job has ended: with its result, or null when it failed. */
export class BatchEnds {
  private readonly listeners = new Map<string, Set<Listener>>();

  constructor(events: QueueEvents) {
    events.on('completed', ({ jobId, returnvalue }) => this.notify(jobId, Number(returnvalue)));
    events.on('failed', ({ jobId }) => this.notify(jobId, null));
  }

  /** Listens from now on, until closed. */
  of(jobId: string): BatchEnd {
    const listeners = this.listeners.get(jobId) ?? new Set();
    this.listeners.set(jobId, listeners);
    return new BatchEnd(listeners, () => {
      if (listeners.size === 0 && this.listeners.get(jobId) === listeners) this.listeners.delete(jobId);
    });
  }

  private notify(jobId: string, result: number | null): void {
    for (const listener of this.listeners.get(jobId) ?? []) listener(result);
  }
}

export class BatchEnd {
  private readonly ended = Promise.withResolvers<number | null>();
  private readonly listener: Listener = (result) => this.ended.resolve(result);

  constructor(
    private readonly listeners: Set<Listener>,
    private readonly onClose: () => void,
  ) {
    listeners.add(this.listener);
  }

  /** The result; null when there is none by then. */
  async within(timeoutMs: number): Promise<number | null> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<null>((resolve) => {
      timer = setTimeout(resolve, timeoutMs, null);
    });
    try {
      return await Promise.race([this.ended.promise, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  close(): void {
    this.listeners.delete(this.listener);
    this.onClose();
  }
}
