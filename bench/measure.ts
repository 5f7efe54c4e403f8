import type { ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LoadJob, LoadResult } from './load/load-job.js';
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
  readonly warmUpMs: number;
  readonly durationMs: number;
  readonly callsMax: number;
}

/** Records are shipped after their calls: what they cost belongs to the calls. */
const SETTLE_MS = 300;

type Outcome = { readonly result: LoadResult } | { readonly failure: string };

/** The load generator, in a process of its own; one job at a time. */
export class LoadGenerator {
  private readonly child: ChildProcess = forkScript('../load/main.js');
  private settle: (outcome: Outcome) => void = () => {};

  constructor() {
    this.child.on('message', (outcome: Outcome) => this.settle(outcome));
    this.child.on('exit', () => this.settle({ failure: 'the load generator has died' }));
  }

  run(job: LoadJob): Promise<LoadResult> {
    return new Promise((resolve, reject) => {
      this.settle = (outcome) => ('result' in outcome ? resolve(outcome.result) : reject(new Error(outcome.failure)));
      this.child.send(job);
    });
  }

  stop(): void {
    this.child.kill('SIGKILL');
  }
}

export const measure = async (
  generator: LoadGenerator,
  subject: Subject,
  scenario: Scenario,
  settings: LoadSettings,
): Promise<Measurement> => {
  const { connections, callsMax, warmUpMs, durationMs } = settings;
  const job = { scenario, url: subject.url, token: subject.token, connections, callsMax };
  const warm = await generator.run({ ...job, durationMs: warmUpMs });
  await sleep(SETTLE_MS);
  const before = costOf(subject.pids);
  const load = await generator.run({ ...job, durationMs });
  await sleep(SETTLE_MS);
  const after = costOf(subject.pids);
  const perCallUs = (beforeMs: number, afterMs: number): number =>
    ((afterMs - beforeMs) * 1_000) / Math.max(1, load.calls);
  return {
    callsPerSecond: (load.calls * 1_000) / load.elapsedMs,
    p50Ms: load.p50Ms,
    p95Ms: load.p95Ms,
    p99Ms: load.p99Ms,
    cpuUsPerCall: perCallUs(before.gatewayCpuMs, after.gatewayCpuMs),
    storesCpuUsPerCall: perCallUs(before.storesCpuMs, after.storesCpuMs),
    rssMb: after.gatewayRssBytes / 1024 ** 2,
    calls: load.calls,
    errors: load.errors + warm.errors,
    errorSamples: [...warm.errorSamples, ...load.errorSamples],
  };
};
