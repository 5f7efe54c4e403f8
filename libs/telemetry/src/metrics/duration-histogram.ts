import { type Attributes, type HrTime, ValueType } from '@opentelemetry/api';
import { AggregationTemporality, type DataPoint, DataPointType, type MetricData } from '@opentelemetry/sdk-metrics';

import { NativeBuckets, type NativeCounts, escapedLabel, exponentialOf, seriesText } from './native-buckets.js';

/** A call that fell into a bucket, by the trace that was exported of it. */
export interface Exemplar {
  readonly traceId: string;
  /** Seconds. */
  readonly value: number;
  readonly atMs: number;
}

/** How a histogram shows what it has counted. */
export type HistogramForm = 'explicit' | 'exponential';

/** Of one label set. */
export class DurationSeries {
  /** By bucket; none while no trace is exported. */
  exemplars: (Exemplar | undefined)[] | null = null;
  /** Counts per bucket; the last one is for what is beyond all boundaries. */
  private readonly counts: number[];
  private count = 0;
  private sum = 0;
  private readonly natives = new NativeBuckets();

  constructor(private readonly boundaries: readonly number[]) {
    this.counts = Array.from({ length: boundaries.length + 1 }, () => 0);
  }

  /** `traceId`: of a trace that is exported. */
  record(seconds: number, traceId?: string): void {
    let bucket = 0;
    while (bucket < this.boundaries.length && seconds > (this.boundaries[bucket] as number)) bucket++;
    this.counts[bucket] = (this.counts[bucket] as number) + 1;
    this.count++;
    this.sum += seconds;
    this.natives.record(seconds);
    if (traceId !== undefined) (this.exemplars ??= [])[bucket] = { traceId, value: seconds, atMs: Date.now() };
  }

  get native(): NativeCounts {
    return { count: this.count, sum: this.sum, ...this.natives.counts };
  }

  get value() {
    return {
      buckets: { boundaries: [...this.boundaries], counts: [...this.counts] },
      count: this.count,
      sum: this.sum,
    };
  }
}

/**
 * A histogram of seconds whose series are handed out: whoever records often keeps his. An instrument sorts and hashes
 * the labels with every measurement, which was a good part of what an answer from memory costs.
 */
export class DurationHistogram {
  private readonly startTime: HrTime = hrTimeOf(Date.now());
  private readonly series = new Map<string, { readonly labels: Attributes; readonly series: DurationSeries }>();

  constructor(
    private readonly name: string,
    private readonly description: string,
    /** In seconds. */
    private readonly boundaries: readonly number[],
  ) {}

  of(labels: Attributes): DurationSeries {
    const key = JSON.stringify(labels);
    let known = this.series.get(key);
    if (known === undefined) this.series.set(key, (known = { labels, series: new DurationSeries(this.boundaries) }));
    return known.series;
  }

  /** The series of these labels is shown no more; whoever has it gets a new one before he records again. */
  end(labels: Attributes): void {
    this.series.delete(JSON.stringify(labels));
  }

  /** By the bucket as Prometheus' text writes it. */
  *exemplars(): Generator<[bucket: string, exemplar: Exemplar]> {
    for (const { labels, series } of this.series.values())
      for (const [at, exemplar] of series.exemplars?.entries() ?? [])
        if (exemplar !== undefined) yield [bucketText(this.name, labels, this.boundaries[at]), exemplar];
  }

  /** By the series, as `seriesText` has it. */
  *nativeCounts(): Generator<[series: string, counts: NativeCounts]> {
    for (const { labels, series } of this.series.values())
      yield [
        seriesText(
          this.name,
          Object.entries(labels).map(([name, value]) => [name, String(value)]),
        ),
        series.native,
      ];
  }

  /** As OpenTelemetry puts it: with these boundaries, or exponential. */
  collect(form: HistogramForm = 'explicit'): MetricData {
    const { startTime } = this;
    const endTime = hrTimeOf(Date.now());
    const described = describedAs(this.name, this.description);
    const pointsOf = <Value>(read: (series: DurationSeries) => Value): DataPoint<Value>[] =>
      [...this.series.values()].map(({ labels, series }) => ({
        startTime,
        endTime,
        attributes: labels,
        value: read(series),
      }));
    return form === 'explicit'
      ? { ...described, dataPointType: DataPointType.HISTOGRAM, dataPoints: pointsOf(({ value }) => value) }
      : {
          ...described,
          dataPointType: DataPointType.EXPONENTIAL_HISTOGRAM,
          dataPoints: pointsOf(({ native }) => exponentialOf(native)),
        };
  }
}

const bucketText = (name: string, labels: Attributes, upTo: number | undefined): string => {
  const pairs = Object.entries({ ...labels, le: upTo ?? '+Inf' });
  return `${name}_bucket{${pairs.map(([key, value]) => `${key}="${escapedLabel(String(value))}"`).join(',')}}`;
};

export const hrTimeOf = (epochMs: number): HrTime => [Math.floor(epochMs / 1_000), (epochMs % 1_000) * 1e6];

export const describedAs = (name: string, description: string) => ({
  descriptor: { name, description, unit: '', valueType: ValueType.DOUBLE },
  aggregationTemporality: AggregationTemporality.CUMULATIVE,
});

const histograms: DurationHistogram[] = [];

/** One of this process, shown with its other metrics. */
export const durationHistogram = (
  name: string,
  description: string,
  boundaries: readonly number[],
): DurationHistogram => {
  const histogram = new DurationHistogram(name, description, boundaries);
  histograms.push(histogram);
  return histogram;
};

export const collectDurations = (form: HistogramForm): MetricData[] =>
  histograms.map((histogram) => histogram.collect(form));

/** The native counts of all histograms of this process but those of HTTP. */
export const nativesBySeries = (): [series: string, counts: NativeCounts][] =>
  histograms.flatMap((histogram) => [...histogram.nativeCounts()]);

/** The exemplars of all histograms of this process, by bucket. */
export const exemplarsByBucket = (): ReadonlyMap<string, Exemplar> =>
  new Map(histograms.flatMap((histogram) => [...histogram.exemplars()]));
