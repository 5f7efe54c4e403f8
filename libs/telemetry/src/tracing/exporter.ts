import type { CompressionAlgorithm } from '@opentelemetry/otlp-exporter-base';
import type { SpanExporter } from '@opentelemetry/sdk-trace';
import type { OtlpTarget } from './tracing-settings.js';

/** Sends spans by the protocol that is asked for; the other one is not loaded. */
export const exporterTo = (target: OtlpTarget): Promise<SpanExporter> =>
  target.protocol === 'grpc' ? overGrpc(target) : overHttp(target);

const overHttp = async (target: OtlpTarget): Promise<SpanExporter> => {
  const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-proto');
  return new OTLPTraceExporter({ ...commonOf(target), headers: { ...target.headers } });
};

const overGrpc = async (target: OtlpTarget): Promise<SpanExporter> => {
  const [{ OTLPTraceExporter }, { createEmptyMetadata }] = await Promise.all([
    import('@opentelemetry/exporter-trace-otlp-grpc'),
    import('@opentelemetry/otlp-grpc-exporter-base'),
  ]);
  const metadata = createEmptyMetadata();
  for (const [name, value] of Object.entries(target.headers)) metadata.set(name, value);
  return new OTLPTraceExporter({ ...commonOf(target), metadata });
};

const commonOf = ({ url, timeoutMs, compression }: OtlpTarget) => ({
  url,
  timeoutMillis: timeoutMs,
  compression: compression as CompressionAlgorithm,
});
