import { PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { collectAll } from './collect.js';
import { exemplarsByBucket } from './duration-histogram.js';
import { asOpenMetrics } from './open-metrics.js';

const serializer = new PrometheusSerializer('', false, undefined, true, true);

/** This process' metrics in Prometheus' text format. */
export const renderPrometheus = async (): Promise<string> => serializer.serialize(await collectAll());

/** An answer to who scrapes. */
export interface Scrape {
  readonly contentType: string;
  readonly body: string;
}

/**
 * This process' metrics as whoever scrapes takes them: OpenMetrics, with exemplars, where `accept` has it, else Prometheus'
 * text.
 */
export const scrape = async (accept: string | undefined): Promise<Scrape> => {
  const text = await renderPrometheus();
  if (accept === undefined || !accept.includes('application/openmetrics-text'))
    return { contentType: 'text/plain; version=0.0.4; charset=utf-8', body: text };
  return {
    contentType: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
    body: asOpenMetrics(text, exemplarsByBucket()),
  };
};
