import { soon } from './closing.js';
import type { LogExportSettings } from './export-logs.js';
import type { MetricExportSettings } from './export-metrics.js';

/** What is sent by OTLP besides spans; `null`: that signal is not. */
export interface Exports {
  readonly metrics: MetricExportSettings | null;
  readonly logs: LogExportSettings | null;
}

/** Sends metrics and lines of the log until what it resolves to is called. What is not sent is not loaded either. */
export const openExports = async ({ metrics, logs }: Exports): Promise<() => Promise<void>> => {
  const closers: (() => Promise<void>)[] = [];
  if (metrics !== null) closers.push(await (await import('./export-metrics.js')).exportMetrics(metrics));
  if (logs !== null) closers.push(await (await import('./export-logs.js')).exportLogs(logs));
  return () => soon(Promise.all(closers.map((close) => close())));
};
