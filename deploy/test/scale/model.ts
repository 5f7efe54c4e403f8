import type { MeasuredPoint } from './measure.js';

/** What one service costs, in microseconds of a core. */
export interface ServiceCost {
  /** Each second for each replica, whatever it is asked. */
  readonly idleUs: number;
  /** For a call, where the process is awake anyway. */
  readonly callUs: number;
  /** For each time that a process has slept and goes on: what the kernel, the event loop and cold caches take. */
  readonly wakeUpUs: number;
}

/** Timers wake a process that is asked nothing so often a second; what they do is in `idleUs`. */
const IDLE_WAKE_UPS = 32;

/** Microseconds of a core each second that a service takes over its replicas, where they were so often woken up. */
export const costOf = (cost: ServiceCost, service: string, point: MeasuredPoint): number =>
  product([cost.idleUs, cost.callUs, cost.wakeUpUs], partsOf(service, point));

const partsOf = (service: string, { replicas, perSecond, wakeUpsPerSecond }: MeasuredPoint): number[] => {
  // There is one NATS, in Go: its threads sleep and wake as they like.
  if (service === 'nats') return [1, perSecond, 0];
  return [replicas, perSecond, Math.max(0, (wakeUpsPerSecond[service] ?? 0) - IDLE_WAKE_UPS * replicas)];
};

/** By least squares over what was measured; none of the three is below 0. Throws a `RangeError` for a service without points. */
export const fitService = (points: readonly MeasuredPoint[], service: string): ServiceCost => {
  const rows = points.flatMap((point) => {
    const cpuUs = point.cpuUsPerSecond[service];
    return cpuUs === undefined ? [] : [{ parts: partsOf(service, point), cpuUs }];
  });
  if (rows.length === 0) throw new RangeError(`nothing was measured of ${service}`);
  let best: { readonly cost: readonly number[]; readonly error: number } | undefined;
  // With so few unknowns, each set of those that are not 0 is tried.
  for (let used = 1; used < 8; used++) {
    const taken = [0, 1, 2].filter((part) => (used & (1 << part)) !== 0);
    const solved = leastSquares(
      rows.map(({ parts }) => taken.map((part) => parts[part] ?? 0)),
      rows.map(({ cpuUs }) => cpuUs),
    );
    if (solved === null || solved.some((one) => one < 0)) continue;
    const cost = [0, 1, 2].map((part) => solved[taken.indexOf(part)] ?? 0);
    const error = rows.reduce((sum, { parts, cpuUs }) => sum + (cpuUs - product(cost, parts)) ** 2, 0);
    if (best === undefined || error < best.error) best = { cost, error };
  }
  const [idleUs = 0, callUs = 0, wakeUpUs = 0] = best?.cost ?? [];
  return { idleUs, callUs, wakeUpUs };
};

/**
 * What each second of one replica's core is used for where it has a core whenever it wants one: a call that comes while it is
 * busy wakes nobody up. Solves `busy = idle + rate × (call + wakes × wakeUp × (1 − busy))`, and is above 1 where it cannot be.
 */
export const busyShareOf = (cost: ServiceCost, perSecond: number, wakesPerCall: number): number => {
  const waking = (perSecond * wakesPerCall * cost.wakeUpUs) / 1e6;
  return (cost.idleUs / 1e6 + (perSecond * cost.callUs) / 1e6 + waking) / (1 + waking);
};

/** Milliseconds that a call is at one service: a process that takes all in turn is an M/M/1 queue. */
export const stayMsOf = (cost: ServiceCost, perSecond: number, wakesPerCall: number): number => {
  const busy = busyShareOf(cost, perSecond, wakesPerCall);
  return busy >= 1 ? Number.POSITIVE_INFINITY : (cost.callUs + cost.wakeUpUs * wakesPerCall) / 1_000 / (1 - busy);
};

/** By the normal equations; `null` where they have no one solution. */
const leastSquares = (rows: readonly (readonly number[])[], values: readonly number[]): number[] | null => {
  const size = rows[0]?.length ?? 0;
  const matrix = Array.from({ length: size }, (_, row) => [
    ...Array.from({ length: size }, (_unused, column) => sum(rows.map((one) => (one[row] ?? 0) * (one[column] ?? 0)))),
    sum(rows.map((one, at) => (one[row] ?? 0) * (values[at] ?? 0))),
  ]);
  for (let pivot = 0; pivot < size; pivot++) {
    const line = matrix[pivot] as number[];
    const lead = line[pivot] ?? 0;
    if (Math.abs(lead) < 1e-9) return null;
    for (const [row, other] of matrix.entries()) {
      if (row === pivot) continue;
      const times = (other[pivot] ?? 0) / lead;
      for (let column = pivot; column <= size; column++)
        other[column] = (other[column] ?? 0) - times * (line[column] ?? 0);
    }
  }
  return matrix.map((line, at) => (line[size] ?? 0) / (line[at] ?? 1));
};

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const product = (one: readonly number[], other: readonly number[]): number =>
  sum(one.map((value, at) => value * (other[at] ?? 0)));
