/** A value at a time, in minutes since the beginning. */
export interface Point {
  readonly atMin: number;
  readonly value: number;
}

export interface Slope {
  /** Of the value, per minute. */
  readonly perMin: number;
  /** From the first to the last of the points, along the slope. */
  readonly growth: number;
  /** What the values scatter by around it: of those of a normal distribution the standard deviation. */
  readonly noise: number;
  /** In the middle of the points. */
  readonly level: number;
}

/** By Theil and Sen: the median of the slopes of all pairs, which a few values that are far off do not move. */
export const slopeOf = (points: readonly Point[]): Slope => {
  const slopes: number[] = [];
  for (const [at, one] of points.entries())
    for (const other of points.slice(at + 1))
      if (other.atMin > one.atMin) slopes.push((other.value - one.value) / (other.atMin - one.atMin));
  const perMin = median(slopes);
  const base = median(points.map(({ atMin, value }) => value - perMin * atMin));
  const noise = 1.4826 * median(points.map(({ atMin, value }) => Math.abs(value - base - perMin * atMin)));
  const forMin = (points.at(-1)?.atMin ?? 0) - (points[0]?.atMin ?? 0);
  return { perMin, growth: perMin * forMin, noise, level: median(points.map(({ value }) => value)) };
};

/** Whether a slope is more than what the values scatter by, and more than what may be. */
export const isSteep = ({ growth, noise }: Slope, allowed: number): boolean => growth > Math.max(3 * noise, allowed);

const median = (values: readonly number[]): number => percentile(values, 0.5);

export const percentile = (values: readonly number[], share: number): number => {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
};
