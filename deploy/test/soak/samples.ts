import { readFileSync, readdirSync } from 'node:fs';
import { InspectedProcess } from '../../../apps/switchyard/test/growth/inspected-process.js';
import { rssOf } from '../../../bench/subject/process-cost.js';
import type { Gateway } from '#libs/testing';
import { type Point, type Slope, isSteep, percentile, slopeOf } from './slopes.js';

const MIB = 1_048_576;

/** What may be, beyond what values scatter by, over the whole of a soak. */
export interface Allowed {
  /** Of one process, after a collection. */
  readonly heapMiB: number;
  /** Of one process: share of what it has. */
  readonly rssShare: number;
  readonly descriptors: number;
  readonly subscriptions: number;
}

export interface Series extends Slope {
  readonly name: string;
  readonly isSteep: boolean;
}

/** What processes hold, taken again and again. */
export class Samples {
  private readonly points = new Map<string, Point[]>();
  private readonly startedAtMs = Date.now();

  private constructor(
    private readonly gateway: Gateway,
    private readonly inspected: ReadonlyMap<string, InspectedProcess>,
    private readonly others: ReadonlyMap<string, () => readonly number[]>,
  ) {}

  /** `others`: the ids of further processes, by name; they are asked for each time. */
  static async of(gateway: Gateway, others: Readonly<Record<string, () => readonly number[]>>): Promise<Samples> {
    const inspected = new Map<string, InspectedProcess>();
    for (const { service, replica, server } of gateway.processes)
      inspected.set(`${service} ${replica}`, await InspectedProcess.of(server));
    return new Samples(gateway, inspected, new Map(Object.entries(others)));
  }

  get nowMin(): number {
    return (Date.now() - this.startedAtMs) / 60_000;
  }

  async take(): Promise<void> {
    const atMin = this.nowMin;
    for (const { service, replica, server } of this.gateway.processes) {
      const name = `${service} ${replica}`;
      const process = this.inspected.get(name) as InspectedProcess;
      this.note(`heap MiB ${name}`, atMin, (await process.heapBytes(1)) / MIB);
      this.note(`rss MiB ${name}`, atMin, rssOf(server.pid) / MIB);
      this.note(`descriptors ${name}`, atMin, process.files);
    }
    for (const [name, pids] of this.others) {
      this.note(`rss MiB ${name}`, atMin, sum(pids().map(rssOf)) / MIB);
      this.note(`descriptors ${name}`, atMin, sum(pids().map(filesOf)));
    }
    if (this.gateway.natsMonitorUrl === undefined) return;
    const { num_subscriptions: count } = (await (await fetch(`${this.gateway.natsMonitorUrl}/subsz`)).json()) as {
      readonly num_subscriptions: number;
    };
    this.note('subscriptions', atMin, count);
  }

  /** Durations of one kind since the last time. */
  durations(name: string, tookMs: readonly number[]): void {
    if (tookMs.length < 10) return;
    this.note(`p50 ms ${name}`, this.nowMin, percentile(tookMs, 0.5));
    this.note(`p95 ms ${name}`, this.nowMin, percentile(tookMs, 0.95));
  }

  /** Of what was taken after the warm-up. Durations are shown, and are for the machine to say. */
  slopes(warmUpMin: number, allowed: Allowed): Series[] {
    return [...this.points].map(([name, points]) => {
      const slope = slopeOf(points.filter(({ atMin }) => atMin >= warmUpMin));
      return { name, ...slope, isSteep: isSteep(slope, allowedFor(name, slope.level, allowed)) };
    });
  }

  close(): void {
    for (const process of this.inspected.values()) process.close();
  }

  private note(name: string, atMin: number, value: number): void {
    const points = this.points.get(name) ?? [];
    points.push({ atMin, value });
    this.points.set(name, points);
  }
}

const allowedFor = (
  name: string,
  level: number,
  { heapMiB, rssShare, descriptors, subscriptions }: Allowed,
): number => {
  if (name.startsWith('heap')) return heapMiB;
  if (name.startsWith('rss')) return level * rssShare;
  if (name.startsWith('descriptors')) return descriptors;
  return name.startsWith('subscriptions') ? subscriptions : Number.POSITIVE_INFINITY;
};

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

const filesOf = (pid: number): number => {
  try {
    return readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    return 0;
  }
};

/** Of a process and those that it has started. */
export const familyOf = (pid: number): number[] => {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean);
    return [pid, ...children.map(Number)];
  } catch {
    return [];
  }
};
