import { type Attributes, type HrTime, ValueType } from '@opentelemetry/api';
import { AggregationTemporality, type DataPoint, DataPointType, type MetricData } from '@opentelemetry/sdk-metrics';

/** A call that fell into a bucket, by the trace that was exported of it. */
export interface Exemplar {
  readonly traceId: string;
  /** Seconds. */
  readonly value: number;
  readonly atMs: number;
}

/** Of one label set. */
export class DurationSeries {
  /** By bucket; none while no trace is exported. */
  exemplars: (Exemplar | undefined)[] | null = null;
  /** Counts per bucket; the last one is for what is beyond all boundaries. */
  private readonly counts: number[];
  private count = 0;
  private sum = 0;

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
    if (traceId !== undefined) (this.exemplars ??= [])[bucket] = { traceId, value: seconds, atMs: Date.now() };
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

  /** As OpenTelemetry puts it. */
  collect(): MetricData {
    const { startTime } = this;
    const endTime = hrTimeOf(Date.now());
    const dataPoints: DataPoint<DurationSeries['value']>[] = [];
    for (const { labels, series } of this.series.values())
      dataPoints.push({ startTime, endTime, attributes: labels, value: series.value });
    return { ...describedAs(this.name, this.description), dataPointType: DataPointType.HISTOGRAM, dataPoints };
  }
}

const bucketText = (name: string, labels: Attributes, upTo: number | undefined): string => {
  const pairs = Object.entries({ ...labels, le: upTo ?? '+Inf' });
  return `${name}_bucket{${pairs.map(([key, value]) => `${key}="${escaped(String(value))}"`).join(',')}}`;
};

const escaped = (value: string): string => value.replaceAll(/[\\"]/g, '\\$&').replaceAll('\n', String.raw`\n`);

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

export const collectDurations = (): MetricData[] => histograms.map((histogram) => histogram.collect());

/** The exemplars of all histograms of this process, by bucket. */
export const exemplarsByBucket = (): ReadonlyMap<string, Exemplar> =>
  new Map(histograms.flatMap((histogram) => [...histogram.exemplars()]));
