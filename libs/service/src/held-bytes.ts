import { heapShare, heldBytes } from '#libs/resilience';
import { meter } from '#libs/telemetry';
import type { PlatformConfig } from './platform.config.js';

const HEAP_SHARE = 1 / 4;

/** Tells the process how much it may hold for clients and upstreams, and the metrics how much it does. */
export const limitHeldBytes = ({ HELD_BYTES_TOTAL, CALLER_HELD_BYTES }: PlatformConfig): void => {
  heldBytes.limitTo({ totalMax: HELD_BYTES_TOTAL || heapShare(HEAP_SHARE), perCallerMax: CALLER_HELD_BYTES });
  meter()
    .createObservableGauge('held_bytes', { description: 'Bytes held for clients and upstreams.' })
    .addCallback((result) => result.observe(heldBytes.used));
  meter()
    .createObservableGauge('held_bytes_max', { description: 'Bytes that may be held for them (HELD_BYTES_TOTAL).' })
    .addCallback((result) => result.observe(heldBytes.totalMax));
  meter()
    .createObservableCounter('held_bytes_waits_total', {
      description: 'Times that an answer was not read any further because there was no room for it.',
    })
    .addCallback((result) => result.observe(heldBytes.waits));
};
