import { ApiProperty } from '@nestjs/swagger';
import type { CallSums, Dimension, PerformerSums } from './rollups.repository.js';

const COUNT = { type: 'integer' } as const;
const SECONDS = { type: Number, nullable: true, description: 'Seconds; null where no call was timed.' } as const;
const TIME = { type: String, format: 'date-time', nullable: true } as const;

/** Sums of calls. A refused call never ran; an unknown one may have. */
export class AggregateView {
  @ApiProperty({ ...COUNT, description: 'Calls that ran or may have; refused ones stand beside.' })
  readonly totalExecutions: number;

  @ApiProperty(COUNT)
  readonly successfulExecutions: number;

  @ApiProperty(COUNT)
  readonly failedExecutions: number;

  @ApiProperty({ type: Number, minimum: 0, maximum: 1 })
  readonly failureRate: number;

  @ApiProperty(SECONDS)
  readonly minResponseTime: number | null;

  @ApiProperty(SECONDS)
  readonly maxResponseTime: number | null;

  @ApiProperty(SECONDS)
  readonly avgResponseTime: number | null;

  @ApiProperty(TIME)
  readonly lastExecutionTime: string | null;

  @ApiProperty({ ...COUNT, description: 'Calls of which no outcome is known: their process died.' })
  readonly unknownExecutions: number;

  @ApiProperty(COUNT)
  readonly refusedCalls: number;

  @ApiProperty(COUNT)
  readonly requestBytes: number;

  @ApiProperty(COUNT)
  readonly responseBytes: number;

  constructor(sums: CallSums) {
    const failed = sums.executions - sums.ok;
    this.totalExecutions = sums.executions;
    this.successfulExecutions = sums.ok;
    this.failedExecutions = failed;
    this.failureRate = sums.executions === 0 ? 0 : failed / sums.executions;
    this.minResponseTime = seconds(sums.latencyMsMin);
    this.maxResponseTime = seconds(sums.latencyMsMax);
    this.avgResponseTime = averageSeconds(sums);
    this.lastExecutionTime = sums.lastStartedAt?.toISOString() ?? null;
    this.unknownExecutions = sums.unknown;
    this.refusedCalls = sums.refused;
    this.requestBytes = sums.requestBytes;
    this.responseBytes = sums.responseBytes;
  }
}

/** Call records know entries by their names, servers and upstreams by their ids. */
export class PerformerView {
  @ApiProperty({ type: String })
  readonly id: string;

  @ApiProperty({ type: String })
  readonly name: string;

  @ApiProperty(COUNT)
  readonly executionCount: number;

  @ApiProperty(SECONDS)
  readonly avgResponseTime: number | null;

  @ApiProperty({ type: Number, minimum: 0, maximum: 1 })
  readonly successRate: number;

  @ApiProperty(TIME)
  readonly lastExecution: string | null;

  constructor(sums: PerformerSums) {
    this.id = sums.key;
    this.name = sums.key;
    this.executionCount = sums.executions;
    this.avgResponseTime = averageSeconds(sums);
    this.successRate = sums.ok / sums.executions;
    this.lastExecution = sums.lastStartedAt?.toISOString() ?? null;
  }
}

/** Those that ran most, of each kind. */
export class TopPerformersView implements Readonly<Record<Dimension, readonly PerformerView[]>> {
  @ApiProperty({ type: [PerformerView] })
  readonly tools!: readonly PerformerView[];

  @ApiProperty({ type: [PerformerView] })
  readonly resources!: readonly PerformerView[];

  @ApiProperty({ type: [PerformerView] })
  readonly prompts!: readonly PerformerView[];

  @ApiProperty({ type: [PerformerView] })
  readonly servers!: readonly PerformerView[];

  @ApiProperty({ type: [PerformerView] })
  readonly gateways!: readonly PerformerView[];
}

export class AggregatesView implements Readonly<Record<Dimension, AggregateView>> {
  @ApiProperty({ type: AggregateView })
  readonly tools!: AggregateView;

  @ApiProperty({ type: AggregateView })
  readonly resources!: AggregateView;

  @ApiProperty({ type: AggregateView })
  readonly prompts!: AggregateView;

  @ApiProperty({ type: AggregateView })
  readonly servers!: AggregateView;

  @ApiProperty({ type: AggregateView })
  readonly gateways!: AggregateView;

  @ApiProperty({ type: TopPerformersView })
  readonly topPerformers!: TopPerformersView;
}

const seconds = (ms: number | null): number | null => (ms === null ? null : ms / 1000);

const averageSeconds = ({ latencyMsSum, timed }: CallSums): number | null =>
  timed === 0 ? null : latencyMsSum / timed / 1000;

const NO_CALLS: AggregateView = {
  totalExecutions: 0,
  successfulExecutions: 0,
  failedExecutions: 0,
  failureRate: 0,
  minResponseTime: null,
  maxResponseTime: null,
  avgResponseTime: null,
  lastExecutionTime: null,
  unknownExecutions: 0,
  refusedCalls: 0,
  requestBytes: 0,
  responseBytes: 0,
};
const SOME_CALLS: AggregateView = {
  totalExecutions: 42,
  successfulExecutions: 41,
  failedExecutions: 1,
  failureRate: 1 / 42,
  minResponseTime: 0.012,
  maxResponseTime: 1.4,
  avgResponseTime: 0.08,
  lastExecutionTime: '2026-07-28T09:00:00.000Z',
  unknownExecutions: 0,
  refusedCalls: 2,
  requestBytes: 8_400,
  responseBytes: 96_000,
};
const performer = (key: string): PerformerView => ({
  id: key,
  name: key,
  executionCount: 42,
  avgResponseTime: 0.08,
  successRate: 41 / 42,
  lastExecution: '2026-07-28T09:00:00.000Z',
});

export const AGGREGATES_EXAMPLE: AggregatesView = {
  tools: SOME_CALLS,
  resources: NO_CALLS,
  prompts: NO_CALLS,
  servers: NO_CALLS,
  gateways: SOME_CALLS,
  topPerformers: {
    tools: [performer('weather-forecast')],
    resources: [],
    prompts: [],
    servers: [],
    gateways: [performer('0c9e8d7b6a5f4e3d2c1b0a9f8e7d6c5b')],
  },
};
