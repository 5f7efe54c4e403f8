import { type Attributes, type HrTime, ValueType } from '@opentelemetry/api';
import { AggregationTemporality, type DataPoint, DataPointType, type MetricData } from '@opentelemetry/sdk-metrics';

/** Of one label set. */
export class DurationSeries {
  /** Counts per bucket; the last one is for what is beyond all boundaries. */
  private readonly counts: number[];
  private count = 0;
  private sum = 0;

  constructor(private readonly boundaries: readonly number[]) {
    this.counts = Array.from({ length: boundaries.length + 1 }, () => 0);
  }

  record(seconds: number): void {
    let bucket = 0;
    while (bucket < this.boundaries.length && seconds > (this.boundaries[bucket] as number)) bucket++;
    this.counts[bucket] = (this.counts[bucket] as number) + 1;
    this.count++;
    this.sum += seconds;
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
