import type { ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ListenResult, LoadResult, Order } from './load/load-job.js';
import type { Scenario } from './scenario.js';
import { costOf } from './subject/process-cost.js';
import { type Subject, forkScript } from './subject/subject.js';

export interface Measurement {
  readonly callsPerSecond: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  /** Of node and nats-server processes. */
  readonly cpuUsPerCall: number;
  /** Of PostgreSQL and Redis. */
  readonly storesCpuUsPerCall: number;
  readonly rssMb: number;
  readonly calls: number;
  readonly errors: number;
  readonly errorSamples: readonly string[];
}

export interface LoadSettings {
  readonly connections: number;
  /**
   * Of the first round; later ones find everything compiled and connected. A gateway has been seen to cost half as much
   * again over its first 20,000 calls.
   */
  readonly warmUpMs: number;
  readonly durationMs: number;
  readonly callsMax: number;
}

/** In an idle minute V8 shrinks its heap and forgets code: what a burst after it costs is not what a call costs. */
const REWARM_MS = 1_000;

type Outcome = { readonly result: LoadResult | ListenResult } | { readonly failure: string };

/** The load generator, in a process of its own; one order at a time. */
export class LoadGenerator {
  private readonly child: ChildProcess = forkScript('../load/main.js');
  private settle: (outcome: Outcome) => void = () => {};

  constructor() {
    this.child.on('message', (outcome: Outcome) => this.settle(outcome));
    this.child.on('exit', () => this.settle({ failure: 'the load generator has died' }));
  }

  run<O extends Order>(order: O): Promise<O extends { kind: 'load' } ? LoadResult : ListenResult> {
    type Result = O extends { kind: 'load' } ? LoadResult : ListenResult;
    return new Promise((resolve, reject) => {
      this.settle = (outcome) =>
        'result' in outcome ? resolve(outcome.result as Result) : reject(new Error(outcome.failure));
      this.child.send(order);
    });
  }

  stop(): void {
    this.child.kill('SIGKILL');
  }
}

const QUIET_STEP_MS = 100;
const QUIET_STEPS_MAX = 20;
/** Processor time within a step that an idle subject may take. */
const QUIET_CPU_MS = 10;

/** Records are shipped after their calls, and memory is swept later still: what that costs belongs to the calls. */
export const untilQuiet = async ({ pids }: Subject): Promise<void> => {
  const cpuMs = (): number => {
    const { gatewayCpuMs, storesCpuMs } = costOf(pids);
    return gatewayCpuMs + storesCpuMs;
  };
  let before = cpuMs();
  for (let step = 0; step < QUIET_STEPS_MAX; step++) {
    await sleep(QUIET_STEP_MS);
    const after = cpuMs();
    if (after - before <= QUIET_CPU_MS) return;
    before = after;
  }
};

export const measure = async (
  generator: LoadGenerator,
  subject: Subject,
  scenario: Scenario,
  settings: LoadSettings,
  first: boolean,
): Promise<Measurement> => {
  const { callsMax, warmUpMs, durationMs } = settings;
  const { connections = settings.connections } = scenario;
  const urls = scenario.sprayed ? subject.urls : subject.urls.slice(0, 1);
  const load = (ms: number): Promise<LoadResult> => {
    const { token, toolPrefix } = subject;
    const job = { scenario, urls, token, toolPrefix, connections, callsMax, durationMs: ms };
    return generator.run({ kind: 'load', job });
  };
  const warm = await load(first ? warmUpMs : Math.min(warmUpMs, REWARM_MS));
  await untilQuiet(subject);
  const before = costOf(subject.pids);
  const result = await load(durationMs);
  await untilQuiet(subject);
  const after = costOf(subject.pids);
  const perCallUs = (beforeMs: number, afterMs: number): number =>
    ((afterMs - beforeMs) * 1_000) / Math.max(1, result.calls);
  return {
    callsPerSecond: (result.calls * 1_000) / result.elapsedMs,
    p50Ms: result.p50Ms,
    p95Ms: result.p95Ms,
    p99Ms: result.p99Ms,
    cpuUsPerCall: perCallUs(before.gatewayCpuMs, after.gatewayCpuMs),
    storesCpuUsPerCall: perCallUs(before.storesCpuMs, after.storesCpuMs),
    rssMb: after.gatewayRssBytes / 1024 ** 2,
    calls: result.calls,
    errors: result.errors + warm.errors,
    errorSamples: [...warm.errorSamples, ...result.errorSamples],
  };
};
