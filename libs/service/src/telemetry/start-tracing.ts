import os from 'node:os';
import { INSTANCE, type Logger, type OtlpTarget, openTracing } from '#libs/telemetry';
import { VERSION } from '../build-info.js';
import type { TracingConfig } from './tracing.config.js';

const GRPC_PORT = '4317';
const NAMESPACE = 'switchyard';

/**
 * Exports spans if the configuration says so; `service`: the name of the process. Resolves to what ends it, or to null where
 * nothing is exported and nothing was loaded.
 */
export const startTracing = async (
  config: TracingConfig,
  service: string,
  logger: Logger,
): Promise<(() => Promise<void>) | null> => {
  const isOn = (config.OBSERVABILITY_ENABLED || config.OTEL_ENABLE_OBSERVABILITY) && !config.OTEL_SDK_DISABLED;
  if (!isOn || config.OTEL_TRACES_EXPORTER === 'none') return null;
  return openTracing({
    resource: resourceOf(config, service),
    sampler: config.OTEL_TRACES_SAMPLER,
    ratio: config.OTEL_TRACES_SAMPLER_ARG,
    tail: { keepsErrors: config.TRACES_KEEP_ERRORS, slowMs: config.TRACES_KEEP_SLOW_MS },
    batch: {
      delayMs: config.OTEL_BSP_SCHEDULE_DELAY,
      queueMax: config.OTEL_BSP_MAX_QUEUE_SIZE,
      batchMax: config.OTEL_BSP_MAX_EXPORT_BATCH_SIZE,
      exportTimeoutMs: config.OTEL_BSP_EXPORT_TIMEOUT,
    },
    target: targetOf(config),
    logger,
  });
};

const resourceOf = (config: TracingConfig, service: string): Record<string, string> => ({
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

/** Where spans are sent, and how. */
export const targetOf = (config: TracingConfig): OtlpTarget => {
  const own = config.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT;
  const given = own ?? config.OTEL_EXPORTER_OTLP_ENDPOINT;
  const asked = [config.OTEL_EXPORTER_OTLP_TRACES_PROTOCOL, config.OTEL_EXPORTER_OTLP_PROTOCOL].find(
    (protocol) => protocol !== 'auto',
  );
  const isForGrpc = given !== null && new URL(given).port === GRPC_PORT;
  const protocol = asked ?? (isForGrpc ? 'grpc' : 'http/protobuf');
  return {
    protocol,
    url: own ?? (protocol === 'grpc' ? (given ?? 'http://localhost:4317') : tracesUnder(given)),
    headers: config.OTEL_EXPORTER_OTLP_HEADERS,
    timeoutMs: config.OTEL_EXPORTER_OTLP_TIMEOUT,
    compression: config.OTEL_EXPORTER_OTLP_COMPRESSION,
  };
};

const tracesUnder = (endpoint: string | null): string =>
  `${(endpoint ?? 'http://localhost:4318').replace(/\/+$/, '')}/v1/traces`;
