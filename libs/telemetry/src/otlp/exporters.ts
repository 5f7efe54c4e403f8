import type { CompressionAlgorithm } from '@opentelemetry/otlp-exporter-base';
import type { LogRecordExporter } from '@opentelemetry/sdk-logs';
import type { PushMetricExporter } from '@opentelemetry/sdk-metrics';
import type { SpanExporter } from '@opentelemetry/sdk-trace';
import type { OtlpTarget } from './target.js';

/** Sends spans by the protocol that is asked for; the other one is not loaded. */
export const spanExporterTo = async (target: OtlpTarget): Promise<SpanExporter> => {
  if (target.protocol === 'grpc') {
    const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-grpc');
    return new OTLPTraceExporter(await overGrpc(target));
  }
  const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-proto');
  return new OTLPTraceExporter(overHttp(target));
};

/** The same for metrics. */
export const metricExporterTo = async (target: OtlpTarget): Promise<PushMetricExporter> => {
  if (target.protocol === 'grpc') {
    const { OTLPMetricExporter } = await import('@opentelemetry/exporter-metrics-otlp-grpc');
    return new OTLPMetricExporter(await overGrpc(target));
  }
  const { OTLPMetricExporter } = await import('@opentelemetry/exporter-metrics-otlp-proto');
  return new OTLPMetricExporter(overHttp(target));
};

/** The same for lines of the log. */
export const logExporterTo = async (target: OtlpTarget): Promise<LogRecordExporter> => {
  if (target.protocol === 'grpc') {
    const { OTLPLogExporter } = await import('@opentelemetry/exporter-logs-otlp-grpc');
    return new OTLPLogExporter(await overGrpc(target));
  }
  const { OTLPLogExporter } = await import('@opentelemetry/exporter-logs-otlp-proto');
  return new OTLPLogExporter(overHttp(target));
};

const overHttp = (target: OtlpTarget) => ({ ...commonOf(target), headers: { ...target.headers } });

const overGrpc = async (target: OtlpTarget) => {
  const { createEmptyMetadata } = await import('@opentelemetry/otlp-grpc-exporter-base');
  const metadata = createEmptyMetadata();
  for (const [name, value] of Object.entries(target.headers)) metadata.set(name, value);
  return { ...commonOf(target), metadata };
};

const commonOf = ({ url, timeoutMs, compression }: OtlpTarget) => ({
  url,
  timeoutMillis: timeoutMs,
  compression: compression as CompressionAlgorithm,
});
