import type { Meter } from '@opentelemetry/api';
import { PerformanceObserver, constants, monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { meterProvider } from './collect.js';
import { durationHistogram } from './duration-histogram.js';

/** The process' meter. A service declares its instruments once, in one file of its own, by their public names. */
export const meter = (): Meter => meterProvider.getMeter('switchyard');

/** In seconds. */
const PAUSE_BOUNDARIES = [0.001, 0.01, 0.1, 1, 2, 5];
const COLLECTIONS: Readonly<Record<number, string>> = {
  [constants.NODE_PERFORMANCE_GC_MINOR]: 'minor',
  [constants.NODE_PERFORMANCE_GC_MAJOR]: 'major',
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL]: 'incremental',
  [constants.NODE_PERFORMANCE_GC_WEAKCB]: 'weakcb',
};

/** What Node says of a run of the garbage collector. https://nodejs.org/api/perf_hooks.html#garbage-collection-gc-details */
interface Collection {
  readonly duration: number;
  readonly detail?: { readonly kind?: number };
}

const watchCollections = (): void => {
  const pauses = durationHistogram(
    'nodejs_gc_duration_seconds',
    'Time in which the garbage collector held the process up, by kind.',
    PAUSE_BOUNDARIES,
  );
  new PerformanceObserver((list) => {
    for (const { detail, duration } of list.getEntries() as readonly Collection[])
      pauses.of({ kind: COLLECTIONS[detail?.kind ?? 0] ?? 'other' }).record(duration / 1_000);
  }).observe({ entryTypes: ['gc'] });
};

let isWatched = false;

/** Starts to watch the process itself: memory, processor time, event loop, garbage collector. Once is enough. */
export const watchProcess = (): void => {
  if (isWatched) return;
  isWatched = true;
  watchCollections();
  const delays = monitorEventLoopDelay({ resolution: 50 });
  delays.enable();
  let seen = performance.eventLoopUtilization();

  const gauge = (name: string, description: string, read: () => number): void =>
    meter()
      .createObservableGauge(name, { description })
      .addCallback((result) => result.observe(read()));

  gauge('process_resident_memory_bytes', 'Resident memory.', () => process.memoryUsage.rss());
  gauge('nodejs_heap_used_bytes', 'JavaScript heap in use.', () => process.memoryUsage().heapUsed);
  gauge('nodejs_event_loop_utilization', 'Share of time the event loop was busy since the last scrape.', () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, seen);
    seen = now;
    return utilization;
  });
  gauge('nodejs_event_loop_delay_p99_seconds', 'Event-loop delay since the last scrape, 99th percentile.', () => {
    const seconds = delays.count === 0 ? 0 : delays.percentile(99) / 1e9;
    delays.reset();
    return seconds;
  });
  meter()
    .createObservableCounter('process_cpu_seconds_total', { description: 'Processor time, user and system.' })
    .addCallback((result) => {
      const { user, system } = process.cpuUsage();
      result.observe((user + system) / 1e6);
    });
};
