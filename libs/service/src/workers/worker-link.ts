import cluster from 'node:cluster';
import { fail } from '#libs/errors';
import { type MetricsSnapshot, scrapeFrom, snapshotMetrics, workTaken } from '#libs/telemetry';
import { BEAT_MS, type FromWorker, SCRAPE_MS_MAX, type ToWorker } from './messages.js';

/** A worker's side of the channel to its supervisor. */
export class WorkerLink {
  private readonly scrapes = new Map<number, (snapshot: MetricsSnapshot) => void>();
  private scrapeCount = 0;
  private readonly beating: NodeJS.Timeout;

  /** `onOrphaned`: the supervisor is gone; what is in hand can still be finished. */
  constructor(onOrphaned: () => void) {
    process.on('message', (message: ToWorker) => this.receive(message));
    cluster.worker?.once('disconnect', () => {
      // Node would end the process on the spot, and with it whatever it is answering.
      if (cluster.worker !== undefined) cluster.worker.exitedAfterDisconnect = true;
      onOrphaned();
    });
    scrapeFrom(() => this.scrapeAll());
    const beat = (): void => this.send({ kind: 'beat', requests: workTaken.requests });
    this.beating = setInterval(beat, BEAT_MS);
    this.beating.unref();
    beat();
  }

  ready(url: string): void {
    this.send({ kind: 'ready', url });
  }

  /** What was counted here stays counted when this process is gone. */
  async leave(): Promise<void> {
    const snapshot = await snapshotMetrics();
    await new Promise<void>((resolve) => {
      if (!process.connected) return resolve();
      process.send?.({ kind: 'last', snapshot } satisfies FromWorker, () => resolve());
    });
  }

  private receive(message: ToWorker): void {
    switch (message.kind) {
      case 'collect':
        void snapshotMetrics().then((snapshot) => this.send({ kind: 'metrics', id: message.id, snapshot }));
        return;
      case 'scraped':
        this.scrapes.get(message.id)?.(message.snapshot);
        this.scrapes.delete(message.id);
    }
  }

  private scrapeAll(): Promise<MetricsSnapshot> {
    // Of what is left by itself, its own are all.
    if (!process.connected) return snapshotMetrics();
    const id = this.scrapeCount++;
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => {
        this.scrapes.delete(id);
        reject(fail('platform.not_ready'));
      }, SCRAPE_MS_MAX);
      this.scrapes.set(id, (snapshot) => {
        clearTimeout(late);
        resolve(snapshot);
      });
      this.send({ kind: 'scrape', id });
    });
  }

  private send(message: FromWorker): void {
    // A channel that breaks says so by itself, by 'disconnect'.
    if (process.connected) process.send?.(message, () => undefined);
  }
}
