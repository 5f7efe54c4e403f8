export { InjectLogger, LOGGER, createLogger } from './logging/logger.js';
export type { LogFormat, LogLevel, Logger, LoggerOptions } from './logging/logger.js';
export { INSTANCE, LOG_FORMATS, LOG_LEVELS, isLogLevel } from './logging/logger.js';
export { LineBudget } from './logging/line-budget.js';
export { factsOf, noteFacts, type RequestFacts } from './logging/request-facts.js';
export { NestLogger } from './logging/nest-logger.js';
export { maskText } from './logging/redaction.js';
export { hearLines, isOfKeeping, keepingLines, type WrittenLine } from './logging/written-lines.js';
export { openTracing } from './tracing/open-tracing.js';
export { SAMPLERS } from './tracing/tracing-settings.js';
export type { SamplerName, TracingSettings } from './tracing/tracing-settings.js';
export { type EventSender, type SentEvent, openEventSender } from './otlp/send-events.js';
export { openExports } from './otlp/open-exports.js';
export type { LogExportSettings } from './otlp/export-logs.js';
export type { MetricExportSettings } from './otlp/export-metrics.js';
export type { OtlpTarget } from './otlp/target.js';
export { CORRELATION_HEADER, givenCorrelationId } from './tracing/correlation.js';
export { addTraceHeaders, passedContextOf, traceHeaders } from './tracing/passed-context.js';
export type { PassedContext } from './tracing/passed-context.js';
export { isTraced, isTracing, spanEnded, stepTraceparent } from './tracing/spans.js';
export type { EndedSpan } from './tracing/spans.js';
export { tracedAsk, tracedJob, tracedWithin } from './tracing/traced-work.js';
export type { WorkSpan } from './tracing/traced-work.js';
export { childTraceparent, currentTrace, enterTraceparent, runInTrace, traceIdOf } from './tracing/trace.js';
export type { Trace } from './tracing/trace.js';
export { durationHistogram } from './metrics/duration-histogram.js';
export type { DurationSeries } from './metrics/duration-histogram.js';
export { httpTraffic } from './metrics/http-traffic.js';
export { type CacheCounts, cacheCounts } from './metrics/cache-counts.js';
export { meter, watchProcess } from './metrics/instruments.js';
export { OperationDurations } from './metrics/operation-durations.js';
export { mergeSnapshots, type ProcessSnapshot } from './metrics/merge-snapshots.js';
export {
  type MetricsSnapshot,
  type Scrape,
  renderPrometheus,
  scrape,
  scrapeFrom,
  snapshotMetrics,
} from './metrics/prometheus.js';
export { countSeriesOf } from './metrics/native-buckets.js';
export { workTaken } from './metrics/work-taken.js';
export { type Reading, snapshotGauge } from './metrics/snapshot-gauge.js';
