import type { BatchObservableResult } from '@opentelemetry/api';
import { meter } from '#libs/telemetry';

export const droppedRecords = meter().createCounter('switchyard_call_records_dropped_total', {
  description: 'Call records lost because neither disk nor memory had room for them.',
});

const pendingRecords = meter().createObservableGauge('switchyard_call_records_pending', {
  description: 'Settled call records that metrics has not taken in yet.',
});

const spoolBytes = meter().createObservableGauge('switchyard_call_records_spool_bytes', {
  description: 'Disk that call records take in this process.',
});

/** What is watched of an outbox. */
interface OutboxSizes {
  readonly pending: number;
  readonly bytesOnDisk: number;
}

const outboxes = new Set<OutboxSizes>();

const observe = (result: BatchObservableResult): void => {
  let pending = 0;
  let bytes = 0;
  for (const outbox of outboxes) {
    pending += outbox.pending;
    bytes += outbox.bytesOnDisk;
  }
  result.observe(pendingRecords, pending);
  result.observe(spoolBytes, bytes);
};

meter().addBatchObservableCallback(observe, [pendingRecords, spoolBytes]);

/** Shows this outbox in the process' gauges until the returned function is called. */
export const watchOutbox = (outbox: OutboxSizes): (() => void) => {
  outboxes.add(outbox);
  return () => outboxes.delete(outbox);
};
