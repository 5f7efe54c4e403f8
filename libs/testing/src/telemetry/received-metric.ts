import { fieldsOf, messagesIn, textIn } from './protobuf.js';
import { type Attributes, attributesIn } from './received-span.js';

/** A point of a histogram as a collector gets it; of other metrics the count is 0. */
export interface ReceivedMetric {
  readonly resource: Attributes;
  readonly name: string;
  readonly attributes: Attributes;
  readonly count: number;
}

const HISTOGRAM = 9;
/** Gauge, sum and histogram have their points in the same place, and their attributes under two numbers. */
const POINTS_OF = [5, 7, HISTOGRAM];

/** The metrics of an ExportMetricsServiceRequest: https://github.com/open-telemetry/opentelemetry-proto */
export const metricsIn = (request: Buffer): ReceivedMetric[] =>
  messagesIn(request, 1).flatMap((resourceMetrics) => {
    const resource = attributesIn(messagesIn(resourceMetrics, 1)[0] ?? Buffer.alloc(0), 1);
    return messagesIn(resourceMetrics, 2)
      .flatMap((scopeMetrics) => messagesIn(scopeMetrics, 2))
      .flatMap((metric) =>
        POINTS_OF.flatMap((kind) =>
          messagesIn(metric, kind)
            .flatMap((data) => messagesIn(data, 1))
            .map((point) => ({
              resource,
              name: textIn(metric, 1),
              attributes: attributesIn(point, kind === HISTOGRAM ? 9 : 7),
              count: kind === HISTOGRAM ? Number(fieldsOf(point).get(4)?.[0] ?? 0n) : 0,
            })),
        ),
      );
  });
