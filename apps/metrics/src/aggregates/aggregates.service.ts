import { Injectable } from '@nestjs/common';
import {
  type CallSums,
  DIMENSIONS,
  type Dimension,
  type PerformerSums,
  RollupsRepository,
} from './rollups.repository.js';

const HOUR_MS = 3_600_000;

/** Times are in seconds. A refused call never ran; an unknown one may have. */
export interface Aggregate {
  readonly totalExecutions: number;
  readonly successfulExecutions: number;
  readonly failedExecutions: number;
  /** 0…1 */
  readonly failureRate: number;
  readonly minResponseTime: number | null;
  readonly maxResponseTime: number | null;
  readonly avgResponseTime: number | null;
  readonly lastExecutionTime: string | null;
  readonly unknownExecutions: number;
  readonly refusedCalls: number;
  readonly requestBytes: number;
  readonly responseBytes: number;
}

export interface Performer {
  readonly id: string;
  readonly name: string;
  readonly executionCount: number;
  readonly avgResponseTime: number | null;
  readonly successRate: number;
  readonly lastExecution: string | null;
}

export type Aggregates = Readonly<Record<Dimension, Aggregate>> & {
  readonly topPerformers: Readonly<Record<Dimension, readonly Performer[]>>;
};

/** Reads ready-made sums, which grow in the very statement that writes a batch: always exact, so nothing is cached. */
@Injectable()
export class AggregatesService {
  constructor(private readonly rollups: RollupsRepository) {}

  /** `hours`: this hour and as many before as make that number; absent: all time. */
  async read({ hours, limit }: { readonly hours?: number | undefined; readonly limit: number }): Promise<Aggregates> {
    const since = hours === undefined ? null : new Date((Math.floor(Date.now() / HOUR_MS) - hours + 1) * HOUR_MS);
    const dimensions = Object.keys(DIMENSIONS) as Dimension[];
    const entries = await Promise.all(
      dimensions.map(async (dimension) => ({
        dimension,
        total: toAggregate(await this.rollups.totals(dimension, since)),
        top: (await this.rollups.top(dimension, since, limit)).map(toPerformer),
      })),
    );
    return {
      ...(Object.fromEntries(entries.map(({ dimension, total }) => [dimension, total])) as Record<
        Dimension,
        Aggregate
      >),
      topPerformers: Object.fromEntries(entries.map(({ dimension, top }) => [dimension, top])) as Record<
        Dimension,
        Performer[]
      >,
    };
  }
}

const seconds = (ms: number | null): number | null => (ms === null ? null : ms / 1000);

const averageSeconds = ({ latencyMsSum, timed }: CallSums): number | null =>
  timed === 0 ? null : latencyMsSum / timed / 1000;

const toAggregate = (sums: CallSums): Aggregate => {
  const failed = sums.executions - sums.ok;
  return {
    totalExecutions: sums.executions,
    successfulExecutions: sums.ok,
    failedExecutions: failed,
    failureRate: sums.executions === 0 ? 0 : failed / sums.executions,
    minResponseTime: seconds(sums.latencyMsMin),
    maxResponseTime: seconds(sums.latencyMsMax),
    avgResponseTime: averageSeconds(sums),
    lastExecutionTime: sums.lastStartedAt?.toISOString() ?? null,
    unknownExecutions: sums.unknown,
    refusedCalls: sums.refused,
    requestBytes: sums.requestBytes,
    responseBytes: sums.responseBytes,
  };
};

/** Call records know entries by their names, servers and upstreams by their ids. */
const toPerformer = (sums: PerformerSums): Performer => ({
  id: sums.key,
  name: sums.key,
  executionCount: sums.executions,
  avgResponseTime: averageSeconds(sums),
  successRate: sums.ok / sums.executions,
  lastExecution: sums.lastStartedAt?.toISOString() ?? null,
});
