import { type FieldValue, fieldsOf, messagesIn, textIn } from './protobuf.js';
import { type Attributes, attributesIn } from './received-span.js';

/** A point of a histogram, of whichever form, as a collector gets it; of other metrics the count is 0. */
export interface ReceivedMetric {
  readonly resource: Attributes;
  readonly name: string;
  readonly attributes: Attributes;
  readonly count: number;
  /** Of an exponential histogram: how fine it is, and how many are in which bucket, from the first that has any. */
  readonly scale?: number;
  readonly buckets?: readonly number[];
  readonly offset?: number;
}

const HISTOGRAM = 9;
const EXPONENTIAL = 10;
/** All have their points in the same place, and their attributes under three numbers. */
const POINTS_OF = [5, 7, HISTOGRAM, EXPONENTIAL];
const ATTRIBUTES_AT: Readonly<Record<number, number>> = { [HISTOGRAM]: 9, [EXPONENTIAL]: 1 };

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
              attributes: attributesIn(point, ATTRIBUTES_AT[kind] ?? 7),
              ...(kind === EXPONENTIAL && exponentialIn(point)),
              count: ATTRIBUTES_AT[kind] !== undefined ? Number(fieldsOf(point).get(4)?.[0] ?? 0n) : 0,
            })),
        ),
      );
  });

const signed = (field: FieldValue): number => {
  if (typeof field !== 'bigint') throw new Error('the field is no number');
  return Number((field >> 1n) ^ -(field & 1n));
};

/** Counts are packed varints. */
const exponentialIn = (point: Buffer): Pick<ReceivedMetric, 'scale' | 'buckets' | 'offset'> => {
  const positive = messagesIn(point, 8)[0] ?? Buffer.alloc(0);
  const [packed] = messagesIn(positive, 2);
  const buckets: number[] = [];
  let value = 0;
  let shift = 0;
  for (const byte of packed ?? []) {
    value += (byte & 0x7f) * 2 ** shift;
    shift += 7;
    if (byte < 0x80) {
      buckets.push(value);
      value = 0;
      shift = 0;
    }
  }
  return {
    scale: signed(fieldsOf(point).get(6)?.[0] ?? 0n),
    offset: signed(fieldsOf(positive).get(1)?.[0] ?? 0n),
    buckets,
  };
};
