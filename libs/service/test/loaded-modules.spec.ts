import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const OFF = { PORT: '0', LOG_LEVEL: 'silent' };
const SPANS = [/^@opentelemetry\/sdk-trace$/, /^@opentelemetry\/exporter-trace/, /^@opentelemetry\/otlp/, /^@grpc\//];

/** The packages of OpenTelemetry's spans, and of what they are sent by, that a process loads from its start to its end. */
const loadedWith = async (env: Record<string, string>): Promise<string[]> => {
  const { PATH = '', HOME = '', NODE_COMPILE_CACHE = '' } = process.env;
  const program = fileURLToPath(new URL('start-and-list.mjs', import.meta.url));
  const child = fork(program, { env: { PATH, HOME, NODE_COMPILE_CACHE, ...OFF, ...env }, execArgv: [] });
  const [names] = (await once(child, 'message')) as [string[]];
  // So that an empty list cannot come of a list that is not kept.
  expect(names).toContain('@opentelemetry/sdk-metrics');
  return names.filter((name) => SPANS.some((pattern) => pattern.test(name))).sort();
};

describe('a process', () => {
  it('a process loads nothing of what makes and exports spans when that is off', async () => {
    expect(await loadedWith({})).toEqual([]);
  });

  it('a process loads the SDK and the one exporter that is used when it is on', async () => {
    const env = { OTEL_ENABLE_OBSERVABILITY: 'true', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' };
    const names = await loadedWith(env);
    expect(names).toContain('@opentelemetry/sdk-trace');
    expect(names).toContain('@opentelemetry/exporter-trace-otlp-proto');
    expect(names.filter((name) => name.startsWith('@grpc/') || name.endsWith('-grpc'))).toEqual([]);
  });
});
