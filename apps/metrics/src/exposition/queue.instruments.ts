import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { ObservableResult } from '@opentelemetry/api';
import { meter } from '#libs/telemetry';
import { CallQueueService } from '../queue/call-queue.service.js';

const queueJobs = meter().createObservableGauge('switchyard_metrics_queue_jobs', {
  description: 'Batches of call records in the queue, by state.',
});

/** Less than anybody gives a scrape: while the store of the queue is away, all the others are to be seen. */
const READ_MS_MAX = 500;

/** Reads the depth of the queue when somebody asks for metrics; shows nothing while the queue cannot be read. */
@Injectable()
export class QueueInstruments implements OnApplicationShutdown {
  private readonly observe = async (result: ObservableResult): Promise<void> => {
    const depth = await Promise.race([
      this.queue.depth().catch(() => ({})),
      new Promise<Record<string, number>>((resolve) => setTimeout(resolve, READ_MS_MAX, {}).unref()),
    ]);
    for (const [state, jobs] of Object.entries(depth)) result.observe(jobs, { state });
  };

  constructor(private readonly queue: CallQueueService) {
    queueJobs.addCallback(this.observe);
  }

  onApplicationShutdown(): void {
    queueJobs.removeCallback(this.observe);
  }
}
