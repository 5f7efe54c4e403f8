import { type MetricsSnapshot, mergeSnapshots, meter, type ProcessSnapshot, snapshotMetrics } from '#libs/telemetry';
import { keptWithin } from './kept-sums.js';
import { COLLECT_MS_MAX } from './messages.js';
import type { Worker } from './worker.js';

/** Lines of metrics that are kept of workers that are gone. */
const LINES_MAX = 50_000;
const NOTHING: MetricsSnapshot = { text: '', exemplars: [], natives: [] };

const seriesDropped = meter().createCounter('switchyard_worker_series_dropped_total', {
  description: 'Series of workers that have ended which are not in the sums, as there are too many.',
});

/** What all workers of a service have counted, those that are gone included: a sum that fell would be read as a restart. */
export class WorkerMetrics {
  private gone: MetricsSnapshot = NOTHING;
  private asked = 0;

  /** Of the workers, of those before them, and of the process that keeps them. */
  async collect(workers: Iterable<Worker>): Promise<MetricsSnapshot> {
    const id = this.asked++;
    const living = [...workers].filter(({ state }) => state !== 'starting');
    const own = await snapshotMetrics();
    // Who ends while the others are asked is in `gone` by then, and has answered nothing.
    const answers = await Promise.all(living.map((worker) => worker.collect(id, COLLECT_MS_MAX)));
    const parts: ProcessSnapshot[] = [{ snapshot: own, worker: 'supervisor' }];
    for (const [at, worker] of living.entries()) {
      const snapshot = answers[at] ?? null;
      if (snapshot === null || worker.hasEnded) continue;
      parts.push({ snapshot, worker: worker.state === 'retiring' ? null : String(worker.slot) });
    }
    return mergeSnapshots([...parts, { snapshot: this.gone, worker: null }]);
  }

  /** Adds what a worker that has ended had counted, as far as that is known. */
  keep({ metrics }: Worker): void {
    if (metrics === null) return;
    const sum = mergeSnapshots([this.gone, metrics].map((snapshot) => ({ snapshot, worker: null })));
    // What it has of each upstream and tool that ever was would grow without an end.
    const { sums, dropped } = keptWithin(LINES_MAX, sum, this.gone);
    this.gone = sums;
    if (dropped > 0) seriesDropped.add(dropped);
  }
}
