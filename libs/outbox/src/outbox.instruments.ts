import type { BatchObservableResult } from '@opentelemetry/api';
import { meter } from '#libs/telemetry';

export const droppedRecords = meter().createCounter('switchyard_call_records_dropped_total', {
  description: 'Call records lost because neither disk nor memory had room for them.',
});
// From the beginning: what is first seen with its first loss has not increased, for Prometheus.
droppedRecords.add(0);

const pendingRecords = meter().createObservableGauge('switchyard_call_records_pending', {
  description: 'Settled call records that metrics has not taken in yet.',
});

const spoolBytes = meter().createObservableGauge('switchyard_call_records_spool_bytes', {
  description: 'Disk that call records take in this process.',
});

const failingDisks = meter().createObservableGauge('switchyard_call_records_disk_failing', {
  description: 'Whether the disk does not take call records; calls are then refused.',
});

/** What is watched of an outbox. */
interface OutboxSizes {
  readonly pending: number;
  readonly bytesOnDisk: number;
  readonly isDiskFailing: boolean;
}

const outboxes = new Set<OutboxSizes>();

const observe = (result: BatchObservableResult): void => {
  let pending = 0;
  let bytes = 0;
  let failing = 0;
  for (const outbox of outboxes) {
    pending += outbox.pending;
    bytes += outbox.bytesOnDisk;
    if (outbox.isDiskFailing) failing = 1;
  }
  result.observe(pendingRecords, pending);
  result.observe(spoolBytes, bytes);
  result.observe(failingDisks, failing);
};

meter().addBatchObservableCallback(observe, [pendingRecords, spoolBytes, failingDisks]);

/** Shows this outbox in the process' gauges until the returned function is called. */
export const watchOutbox = (outbox: OutboxSizes): (() => void) => {
  outboxes.add(outbox);
  return () => outboxes.delete(outbox);
};
