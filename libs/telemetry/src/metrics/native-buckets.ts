/** Eight buckets from any value to its double: each ends 9 % higher than the one before. */
export const NATIVE_SCHEMA = 3;
const PER_DOUBLING = 2 ** NATIVE_SCHEMA;

export type Labels = readonly (readonly [name: string, value: string])[];

/** A series, as its native counts are known by. */
export const seriesText = (name: string, labels: Labels): string => `${name}${JSON.stringify(labels)}`;

/** The line of Prometheus' text that counts such a series. */
export const countSeriesOf = (series: string): string => {
  const at = series.indexOf('[');
  const labels = JSON.parse(series.slice(at)) as Labels;
  const written = labels.map(([name, value]) => `${name}="${escapedLabel(value)}"`).join(',');
  return `${series.slice(0, at)}_count${written === '' ? '' : `{${written}}`}`;
};

export const escapedLabel = (value: string): string =>
  value.replaceAll(/[\\"]/g, '\\$&').replaceAll('\n', String.raw`\n`);

/** What fell into buckets whose bounds follow from the schema: bucket `index` ends at 2^(index / 8), and holds its end. */
export interface NativeCounts {
  readonly count: number;
  readonly sum: number;
  /** Of values that are not above zero. */
  readonly zeros: number;
  readonly buckets: readonly (readonly [index: number, count: number])[];
}

/**
 * A histogram without bounds of one's own, as Prometheus (https://prometheus.io/docs/specs/native_histograms/) and OpenTelemetry
 * have it. Few buckets have anything in them, so these alone are kept.
 */
export class NativeBuckets {
  private readonly buckets = new Map<number, number>();
  private zeros = 0;

  record(value: number): void {
    if (!(value > 0)) {
      this.zeros++;
      return;
    }
    const index = Math.ceil(Math.log2(value) * PER_DOUBLING);
    this.buckets.set(index, (this.buckets.get(index) ?? 0) + 1);
  }

  get counts(): Pick<NativeCounts, 'zeros' | 'buckets'> {
    return { zeros: this.zeros, buckets: [...this.buckets].sort(([one], [other]) => one - other) };
  }
}

/** Of the same series in several processes. */
export const addNatives = (one: NativeCounts, other: NativeCounts): NativeCounts => {
  const buckets = new Map(one.buckets);
  for (const [index, count] of other.buckets) buckets.set(index, (buckets.get(index) ?? 0) + count);
  return {
    count: one.count + other.count,
    sum: one.sum + other.sum,
    zeros: one.zeros + other.zeros,
    buckets: [...buckets].sort(([index], [another]) => index - another),
  };
};

/** As OpenTelemetry has it, whose bucket `index` begins where Prometheus' ends. https://opentelemetry.io/docs/specs/otel/metrics/data-model/#exponentialhistogram */
export const exponentialOf = ({ count, sum, zeros, buckets }: NativeCounts) => {
  const [first = 0] = buckets[0] ?? [];
  const [last = first - 1] = buckets.at(-1) ?? [];
  const bucketCounts = Array.from({ length: last - first + 1 }, () => 0);
  for (const [index, inBucket] of buckets) bucketCounts[index - first] = inBucket;
  const positive = { offset: first - 1, bucketCounts };
  return { count, sum, scale: NATIVE_SCHEMA, zeroCount: zeros, positive, negative: { offset: 0, bucketCounts: [] } };
};
