import { describe, expect, it } from 'vitest';
import { parseConfig } from '#libs/config';
import { resourceOf, targetOf } from './start-exports.js';
import { otelOptions } from './otel.config.js';

const target = (env: Record<string, string>) => targetOf(parseConfig(otelOptions, env), 'traces');

describe('the settings of tracing', () => {
  it.each([
    ['nothing is said', {}, 'http/protobuf', 'http://localhost:4318/v1/traces'],
    ['a collector is named', { ENDPOINT: 'http://c:4318/' }, 'http/protobuf', 'http://c:4318/v1/traces'],
    ['its path is a deeper one', { ENDPOINT: 'https://c/otlp' }, 'http/protobuf', 'https://c/otlp/v1/traces'],
    ['its port is the one of gRPC', { ENDPOINT: 'http://collector:4317' }, 'grpc', 'http://collector:4317'],
    ['gRPC is asked for', { PROTOCOL: 'grpc' }, 'grpc', 'http://localhost:4317'],
    [
      'HTTP is asked for',
      { ENDPOINT: 'http://c:4317', PROTOCOL: 'http/protobuf' },
      'http/protobuf',
      'http://c:4317/v1/traces',
    ],
    ['spans go elsewhere', { ENDPOINT: 'http://c', TRACES_ENDPOINT: 'http://t/in' }, 'http/protobuf', 'http://t/in'],
    [
      'spans go by another protocol',
      { PROTOCOL: 'http/protobuf', TRACES_PROTOCOL: 'grpc' },
      'grpc',
      'http://localhost:4317',
    ],
  ])('the settings of tracing lead to the collector when %s', (_when, said, protocol, url) => {
    const env = Object.fromEntries(Object.entries(said).map(([name, value]) => [`OTEL_EXPORTER_OTLP_${name}`, value]));
    expect(target(env)).toMatchObject({ protocol, url });
  });

  it('the settings of tracing read headers as the specification writes them', () => {
    const env = { OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20abc, x-tenant = one ' };
    expect(target(env).headers).toEqual({ authorization: 'Bearer abc', 'x-tenant': 'one' });
  });

  it.each([
    ['OTEL_EXPORTER_OTLP_HEADERS', 'planted'],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'a=%zzplanted'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'http://user:planted@collector'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'collector:4317'],
    ['OTEL_EXPORTER_OTLP_PROTOCOL', 'http/json'],
    ['OTEL_TRACES_EXPORTER', 'zipkin'],
    ['OTEL_TRACES_SAMPLER', 'jaeger_remote'],
    ['OTEL_TRACES_SAMPLER_ARG', '1.5'],
  ])('the settings of tracing refuse %s without its secrets when it is %s', (name, value) => {
    expect(() => target({ [name]: value })).toThrow(name);
    expect(() => target({ [name]: value })).not.toThrow('planted');
  });
});

it.each([
  [
    'what OTEL_SERVICE_NAME says',
    { OTEL_SERVICE_NAME: 'gateway', OTEL_RESOURCE_ATTRIBUTES: 'service.name=other' },
    'gateway',
  ],
  ['what OTEL_RESOURCE_ATTRIBUTES say', { OTEL_RESOURCE_ATTRIBUTES: 'service.name=other' }, 'other'],
  ['named after the service', {}, 'switchyard-ingress'],
])('a process is %s where nothing before that is said', (_what, env, name) => {
  expect(resourceOf(parseConfig(otelOptions, env), 'ingress')['service.name']).toBe(name);
});
