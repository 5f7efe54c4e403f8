import type { View } from '../api/client.ts';

type Call = View<'CallView'>;

const MINUTE_MS = 60_000;
export const MINUTES = 60;

/** What the calls of an hour add up to. */
export interface Figures {
  readonly total: number;
  readonly failed: number;
  readonly refused: number;
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  readonly gatewayP50Ms: number | null;
  readonly gatewayP95Ms: number | null;
  /** Per minute, the oldest first; `failed` has the refused ones. */
  readonly minutes: readonly { readonly atMs: number; readonly ok: number; readonly failed: number }[];
}

/** The value below which so many of a hundred are; `null` of none. */
export const percentile = (values: readonly number[], percent: number): number | null => {
  if (values.length === 0) return null;
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.ceil((sorted.length * percent) / 100) - 1)] ?? null;
};

const isNumber = (value: number | null): value is number => value !== null;

export const figuresOf = (calls: readonly Call[], nowMs: number): Figures => {
  const ran = calls.filter(({ outcome }) => outcome !== 'refused');
  const times = ran.map(({ latencyMs }) => latencyMs);
  const own = ran.map(({ gatewayMs }) => gatewayMs).filter(isNumber);
  const firstMs = Math.floor(nowMs / MINUTE_MS) * MINUTE_MS - (MINUTES - 1) * MINUTE_MS;
  const minutes = Array.from({ length: MINUTES }, (_, at) => ({ atMs: firstMs + at * MINUTE_MS, ok: 0, failed: 0 }));
  for (const { startedAt, outcome } of calls) {
    const minute = minutes[Math.floor((new Date(startedAt).getTime() - firstMs) / MINUTE_MS)];
    if (minute !== undefined) minute[outcome === 'ok' ? 'ok' : 'failed'] += 1;
  }
  return {
    total: calls.length,
    failed: ran.filter(({ outcome }) => outcome !== 'ok' && outcome !== 'cancelled').length,
    refused: calls.length - ran.length,
    p50Ms: percentile(times, 50),
    p95Ms: percentile(times, 95),
    gatewayP50Ms: percentile(own, 50),
    gatewayP95Ms: percentile(own, 95),
    minutes,
  };
};

/** One tool among the slowest. */
export interface ToolTime {
  readonly name: string;
  readonly calls: number;
  readonly p95Ms: number;
  readonly gatewayMs: number;
  readonly upstreamMs: number;
}

/** By their 95th percentile, the slowest first; the split is of the call that stands there. */
export const slowestTools = (calls: readonly Call[], limit: number): readonly ToolTime[] => {
  const timed = calls.filter(
    ({ method, name, upstreamMs, outcome }) =>
      method === 'tools/call' && name !== null && upstreamMs !== null && outcome !== 'refused',
  );
  return [...Map.groupBy(timed, ({ name }) => name ?? '')]
    .map(([name, group]) => {
      const sorted = group.toSorted((one, other) => one.latencyMs - other.latencyMs);
      const call = sorted[Math.ceil(sorted.length * 0.95) - 1];
      return {
        name,
        calls: group.length,
        p95Ms: call?.latencyMs ?? 0,
        gatewayMs: call?.gatewayMs ?? 0,
        upstreamMs: call?.upstreamMs ?? 0,
      };
    })
    .sort((one, other) => other.p95Ms - one.p95Ms)
    .slice(0, limit);
};
