import { PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { collectAll } from './collect.js';
import { type Exemplar, exemplarsByBucket, nativesBySeries } from './duration-histogram.js';
import { httpTraffic } from './http-traffic.js';
import type { NativeCounts } from './native-buckets.js';
import { asOpenMetrics } from './open-metrics.js';

const serializer = new PrometheusSerializer('', false, undefined, true, true);

/** This process' metrics in Prometheus' text format. */
export const renderPrometheus = async (): Promise<string> => serializer.serialize(await collectAll());

/** An answer to who scrapes. */
export interface Scrape {
  readonly contentType: string;
  readonly body: string | Buffer;
}

/** What a process has counted, in a form that can be sent to another one. */
export interface MetricsSnapshot {
  /** In Prometheus' text format. */
  readonly text: string;
  /** By the bucket, as the text writes it. */
  readonly exemplars: readonly (readonly [bucket: string, exemplar: Exemplar])[];
  /** What the durations have beside the buckets of the text, by the series. */
  readonly natives: readonly (readonly [series: string, counts: NativeCounts])[];
}

/** Of this process alone. */
export const snapshotMetrics = async (): Promise<MetricsSnapshot> => ({
  text: await renderPrometheus(),
  exemplars: [...exemplarsByBucket()],
  natives: [...nativesBySeries(), ...httpTraffic.nativeCounts()],
});

let read = snapshotMetrics;

/** Has `scrape` answer what this reads, where the process is one of several that serve as one. */
export const scrapeFrom = (source: () => Promise<MetricsSnapshot>): void => {
  read = source;
};

const PROTOBUF_TYPE = 'application/vnd.google.protobuf';
const OPEN_METRICS_TYPE = 'application/openmetrics-text';

/** How much a type is wanted, from 0 to 1. */
const weightOf = (accept: string, type: string): number => {
  const [entry] = accept.split(',').filter((one) => one.trim().toLowerCase().startsWith(type));
  if (entry === undefined) return 0;
  const [, weight = '1'] = /;\s*q=([\d.]+)/.exec(entry) ?? [];
  return Number(weight);
};

/**
 * The metrics of this process, and of those that serve with it as one, as whoever scrapes takes them by `accept`: Prometheus'
 * protobuf, with native histograms, where that is wanted most; OpenMetrics; else Prometheus' text. The first two have exemplars.
 */
export const scrape = async (accept = ''): Promise<Scrape> => {
  const { text, exemplars, natives } = await read();
  const [protobuf, openMetrics] = [weightOf(accept, PROTOBUF_TYPE), weightOf(accept, OPEN_METRICS_TYPE)];
  // Where both are wanted as much, what is said first.
  const isProtobuf =
    protobuf > openMetrics ||
    (protobuf > 0 && protobuf === openMetrics && accept.indexOf(PROTOBUF_TYPE) < accept.indexOf(OPEN_METRICS_TYPE));
  if (isProtobuf) {
    const { asProtobuf } = await import('./protobuf-metrics.js');
    return {
      contentType: `${PROTOBUF_TYPE}; proto=io.prometheus.client.MetricFamily; encoding=delimited`,
      body: asProtobuf(text, new Map(exemplars), new Map(natives)),
    };
  }
  if (openMetrics === 0) return { contentType: 'text/plain; version=0.0.4; charset=utf-8', body: text };
  return {
    contentType: `${OPEN_METRICS_TYPE}; version=1.0.0; charset=utf-8`,
    body: asOpenMetrics(text, new Map(exemplars)),
  };
};
