import os from 'node:os';
import { INSTANCE, type Logger, type OtlpTarget, openExports, openTracing } from '#libs/telemetry';
import { VERSION } from '../build-info.js';
import { EXPONENTIAL, type OtelConfig } from './otel.config.js';

const GRPC_PORT = '4317';
const NAMESPACE = 'switchyard';

/**
 * Exports spans, and metrics and the log, as far as the configuration says so; `service`: the name of the process. Resolves
 * to what ends it, or to null where nothing is exported and nothing was loaded.
 */
export const startExports = async (
  config: OtelConfig,
  service: string,
  logger: Logger,
): Promise<(() => Promise<void>) | null> => {
  const isOn = (config.OBSERVABILITY_ENABLED || config.OTEL_ENABLE_OBSERVABILITY) && !config.OTEL_SDK_DISABLED;
  if (!isOn) return null;
  const resource = resourceOf(config, service);
  const common = (signal: Signal) => ({ resource, target: targetOf(config, signal), logger });
  const closers: (() => Promise<void>)[] = [];
  if (config.OTEL_TRACES_EXPORTER === 'otlp')
    closers.push(await openTracing({ ...common('traces'), ...samplingOf(config) }));
  const metrics = config.OTEL_METRICS_EXPORTER === 'otlp' ? { ...common('metrics'), ...periodOf(config) } : null;
  const logs = config.OTEL_LOGS_EXPORTER === 'otlp' ? { ...common('logs'), batch: lineBatchOf(config) } : null;
  if (metrics !== null || logs !== null) closers.push(await openExports({ metrics, logs }));
  if (closers.length === 0) return null;
  return async () => void (await Promise.all(closers.map((close) => close())));
};

/** Where log records of this process are sent, and what it says of itself; `service`: its name. */
export const exportedLogs = (
  config: OtelConfig,
  service: string,
): { readonly resource: Readonly<Record<string, string>>; readonly target: OtlpTarget } => ({
  resource: resourceOf(config, service),
  target: targetOf(config, 'logs'),
});

const samplingOf = (config: OtelConfig) => ({
  sampler: config.OTEL_TRACES_SAMPLER,
  ratio: config.OTEL_TRACES_SAMPLER_ARG,
  tail: { keepsErrors: config.TRACES_KEEP_ERRORS, slowMs: config.TRACES_KEEP_SLOW_MS },
  batch: {
    delayMs: config.OTEL_BSP_SCHEDULE_DELAY,
    queueMax: config.OTEL_BSP_MAX_QUEUE_SIZE,
    batchMax: config.OTEL_BSP_MAX_EXPORT_BATCH_SIZE,
    exportTimeoutMs: config.OTEL_BSP_EXPORT_TIMEOUT,
  },
});

const periodOf = (config: OtelConfig) => ({
  everyMs: config.OTEL_METRIC_EXPORT_INTERVAL,
  timeoutMs: config.OTEL_METRIC_EXPORT_TIMEOUT,
  histograms:
    config.OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION === EXPONENTIAL
      ? ('exponential' as const)
      : ('explicit' as const),
});

const lineBatchOf = (config: OtelConfig) => ({
  delayMs: config.OTEL_BLRP_SCHEDULE_DELAY,
  queueMax: config.OTEL_BLRP_MAX_QUEUE_SIZE,
  batchMax: config.OTEL_BLRP_MAX_EXPORT_BATCH_SIZE,
  exportTimeoutMs: config.OTEL_BLRP_EXPORT_TIMEOUT,
});

/** What everything that is exported says of its process. */
export const resourceOf = (config: OtelConfig, service: string): Record<string, string> => ({
  'service.namespace': NAMESPACE,
  'service.version': VERSION,
  'service.instance.id': INSTANCE,
  'host.name': os.hostname(),
  ...config.OTEL_RESOURCE_ATTRIBUTES,
  'service.name':
    config.OTEL_SERVICE_NAME ??
    config.OTEL_RESOURCE_ATTRIBUTES['service.name'] ??
    (service === NAMESPACE ? NAMESPACE : `${NAMESPACE}-${service}`),
});

/** What is exported, as the paths of OTLP name it. */
export type Signal = 'traces' | 'metrics' | 'logs';

/** Where a signal is sent, and how. */
export const targetOf = (config: OtelConfig, signal: Signal): OtlpTarget => {
  const name = signal.toUpperCase() as Uppercase<Signal>;
  const own = config[`OTEL_EXPORTER_OTLP_${name}_ENDPOINT`];
  const given = own ?? config.OTEL_EXPORTER_OTLP_ENDPOINT;
  const asked = [config[`OTEL_EXPORTER_OTLP_${name}_PROTOCOL`], config.OTEL_EXPORTER_OTLP_PROTOCOL].find(
    (protocol) => protocol !== 'auto',
  );
  const isForGrpc = given !== null && new URL(given).port === GRPC_PORT;
  const protocol = asked ?? (isForGrpc ? 'grpc' : 'http/protobuf');
  return {
    protocol,
    url: own ?? (protocol === 'grpc' ? (given ?? 'http://localhost:4317') : pathUnder(given, signal)),
    headers: config.OTEL_EXPORTER_OTLP_HEADERS,
    timeoutMs: config.OTEL_EXPORTER_OTLP_TIMEOUT,
    compression: config.OTEL_EXPORTER_OTLP_COMPRESSION,
  };
};

const pathUnder = (endpoint: string | null, signal: Signal): string =>
  `${(endpoint ?? 'http://localhost:4318').replace(/\/+$/, '')}/v1/${signal}`;
