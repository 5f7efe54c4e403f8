import { DiagLogLevel, SeverityNumber, TraceFlags, diag } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchLogRecordProcessor, type LogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs';
import type { LogLevel } from '../logging/logger.js';
import { hearLines } from '../logging/written-lines.js';
import { DiagnosticLog } from './diagnostic-log.js';
import { logExporterTo } from './exporters.js';
import type { BatchSettings, ExportSettings } from './target.js';

/** Where the log goes besides, and how it waits. */
export interface LogExportSettings extends ExportSettings {
  readonly batch: BatchSettings;
}

const SEVERITIES: Readonly<Record<LogLevel, SeverityNumber>> = {
  fatal: SeverityNumber.FATAL,
  error: SeverityNumber.ERROR,
  warn: SeverityNumber.WARN,
  info: SeverityNumber.INFO,
  debug: SeverityNumber.DEBUG,
  trace: SeverityNumber.TRACE,
  silent: SeverityNumber.UNSPECIFIED,
};

/** A line names a trace and no span, which the API has no context for. */
const byTrace: LogRecordProcessor = {
  onEmit: (record) => {
    const { traceId } = record.attributes;
    if (typeof traceId === 'string') record.spanContext = { traceId, spanId: '', traceFlags: TraceFlags.NONE };
  },
  forceFlush: async () => {},
  shutdown: async () => {},
};

/** Sends each line that is written by OTLP as well, as it was masked; resolves to what ends it. */
export const exportLogs = async (settings: LogExportSettings): Promise<() => Promise<void>> => {
  const { batch, logger, resource, target } = settings;
  diag.setLogger(new DiagnosticLog(logger), { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
  const provider = new LoggerProvider({
    resource: resourceFromAttributes(resource),
    processors: [
      byTrace,
      new BatchLogRecordProcessor({
        exporter: await logExporterTo(target),
        scheduledDelayMillis: batch.delayMs,
        maxQueueSize: batch.queueMax,
        maxExportBatchSize: Math.min(batch.batchMax, batch.queueMax),
        exportTimeoutMillis: batch.exportTimeoutMs,
      }),
    ],
  });
  const log = provider.getLogger('switchyard', resource['service.version'] ?? '');
  const deafen = hearLines(({ time, level, msg, service: _service, instance: _i, version: _v, ...rest }) =>
    log.emit({
      timestamp: Date.parse(String(time)),
      severityNumber: SEVERITIES[level as LogLevel] ?? SeverityNumber.UNSPECIFIED,
      severityText: String(level),
      ...(typeof msg === 'string' && { body: msg }),
      attributes: attributesOf(rest),
    }),
  );
  return async () => {
    deafen();
    await provider.shutdown().catch((error: unknown) => diag.error(String(error)));
  };
};

/** The names that the conventions have; what is deeper as JSON. */
const attributesOf = ({
  err,
  ...fields
}: Readonly<Record<string, unknown>>): Record<string, string | number | boolean> => {
  const attributes: Record<string, string | number | boolean> = {};
  for (const [name, value] of Object.entries(fields)) put(attributes, name, value);
  if (typeof err === 'object' && err !== null) {
    const { type, message, stack } = err as Readonly<Record<string, unknown>>;
    put(attributes, 'exception.type', type);
    put(attributes, 'exception.message', message);
    put(attributes, 'exception.stacktrace', stack);
  }
  return attributes;
};

const put = (attributes: Record<string, string | number | boolean>, name: string, value: unknown): void => {
  if (value === undefined || value === null) return;
  attributes[name] =
    typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
      ? value
      : JSON.stringify(value);
};
