import type { Meter } from '@opentelemetry/api';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { meterProvider } from './prometheus.js';

/** The process' meter. A service declares its instruments once, in one file of its own, by their public names. */
export const meter = (): Meter => meterProvider.getMeter('switchyard');

/** Starts to watch the process itself: memory, processor time, event loop. */
export const watchProcess = (): void => {
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
