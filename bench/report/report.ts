import type { Measurement } from '../measure.js';
import type { CatalogMeasurement } from '../measure-catalog.js';
import type { CompressionMeasurement } from '../measure-compression.js';
import type { GarbageMeasurement } from '../measure-garbage.js';
import type { ImportMeasurement } from '../measure-import.js';
import type { ListenMeasurement } from '../measure-listening.js';
import type { NeighbourMeasurement } from '../measure-neighbour.js';
import type { SickMeasurement, Sickness } from '../measure-sick.js';
import type { StartRound } from '../measure-start.js';
import type { MemoryUse } from '../subject/memory-watch.js';

/** All rounds of one subject in one scenario. */
export interface Row {
  readonly scenario: string;
  readonly subject: string;
  /** The median round by processor time per call. */
  readonly median: Measurement;
  readonly rounds: readonly Measurement[];
}

export interface ListenRow {
  readonly subject: string;
  /** The median round by memory per stream. */
  readonly median: ListenMeasurement;
  readonly rounds: readonly ListenMeasurement[];
}

export interface NeighbourRow {
  readonly subject: string;
  /** The median round by how much slower the modest caller's p99 is beside the greedy one. */
  readonly median: NeighbourMeasurement;
  readonly rounds: readonly NeighbourMeasurement[];
}

export interface SickRow {
  readonly subject: string;
  readonly sickness: Sickness;
  /** The median round by how much slower the healthy upstream's p99 is beside the sick one. */
  readonly median: SickMeasurement;
  readonly rounds: readonly SickMeasurement[];
}

export interface GarbageRow {
  readonly subject: string;
  /** The median round by what a call leaves to the collector. */
  readonly median: GarbageMeasurement;
  readonly rounds: readonly GarbageMeasurement[];
}

export interface ImportRow {
  readonly subject: string;
  /** The median round by processor time. */
  readonly median: ImportMeasurement;
  readonly rounds: readonly ImportMeasurement[];
}

/** One gateway with few tools, then with ten thousand. */
export interface CatalogRow {
  readonly subject: string;
  readonly measured: CatalogMeasurement;
}

/** One list, in each coding. */
export interface CompressionRow {
  readonly subject: string;
  readonly measured: CompressionMeasurement;
}

export interface SubjectMemory {
  readonly subject: string;
  readonly uses: readonly MemoryUse[];
}

export interface Machine {
  readonly cpus: number;
  readonly model: string;
  readonly memoryGb: number;
  readonly node: string;
  readonly system: string;
}

/** Everything that one run has found out. */
export interface Report {
  readonly at: string;
  readonly machine: Machine;
  readonly settings: { readonly connections: number; readonly rounds: number; readonly durationMs: number };
  readonly rows: readonly Row[];
  readonly listening: readonly ListenRow[];
  readonly neighbours: readonly NeighbourRow[];
  readonly sick: readonly SickRow[];
  readonly garbage: readonly GarbageRow[];
  readonly starts: readonly StartRound[];
  readonly catalogs: readonly CatalogRow[];
  readonly compressions: readonly CompressionRow[];
  readonly imports: readonly ImportRow[];
  readonly memory: readonly SubjectMemory[];
}

const medianBy = <Item>(items: readonly Item[], value: (item: Item) => number): Item => {
  const sorted = items.toSorted((one, other) => value(one) - value(other));
  return sorted[Math.floor((sorted.length - 1) / 2)] as Item;
};

/** Of an even number of values the mean of the middle two. */
export const medianOf = (values: readonly number[]): number => {
  const sorted = values.toSorted((one, other) => one - other);
  const upper = sorted[sorted.length >> 1] as number;
  return sorted.length % 2 === 1 ? upper : ((sorted[(sorted.length >> 1) - 1] as number) + upper) / 2;
};

export const rowOf = (scenario: string, subject: string, rounds: readonly Measurement[]): Row => ({
  scenario,
  subject,
  rounds,
  median: medianBy(rounds, ({ cpuUsPerCall }) => cpuUsPerCall),
});

export const listenRowOf = (subject: string, rounds: readonly ListenMeasurement[]): ListenRow => ({
  subject,
  rounds,
  median: medianBy(rounds, ({ kbPerStream }) => kbPerStream),
});

/** The p99 beside another, as a multiple of what it is alone. */
export const slowdownOf = ({ aloneP99Ms, besideP99Ms }: NeighbourMeasurement | SickMeasurement): number =>
  besideP99Ms / aloneP99Ms;

export const neighbourRowOf = (subject: string, rounds: readonly NeighbourMeasurement[]): NeighbourRow => ({
  subject,
  rounds,
  median: medianBy(rounds, slowdownOf),
});

export const sickRowOf = (subject: string, sickness: Sickness, rounds: readonly SickMeasurement[]): SickRow => ({
  subject,
  sickness,
  rounds,
  median: medianBy(rounds, slowdownOf),
});

export const garbageRowOf = (subject: string, rounds: readonly GarbageMeasurement[]): GarbageRow => ({
  subject,
  rounds,
  median: medianBy(rounds, ({ call }) => call.kb),
});

export const importRowOf = (subject: string, rounds: readonly ImportMeasurement[]): ImportRow => ({
  subject,
  rounds,
  median: medianBy(rounds, ({ cpuMs }) => cpuMs),
});

/** Wrong answers, refusals of a modest caller, and streams that were not told what they should have been. */
export const errorsOf = ({
  rows,
  listening,
  neighbours,
  sick,
  garbage,
  catalogs,
  compressions,
  imports,
}: Omit<Report, 'at' | 'machine' | 'settings' | 'starts' | 'memory'>): number =>
  [...rows, ...listening, ...neighbours, ...sick, ...garbage, ...imports].reduce(
    (total, { rounds }) => total + rounds.reduce((sum: number, { errors }) => sum + errors, 0),
    [...catalogs, ...compressions].reduce((sum, { measured }) => sum + measured.errors, 0),
  );
