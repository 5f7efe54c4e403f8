import type { Exemplar } from './duration-histogram.js';
import { type NativeCounts, addNatives } from './native-buckets.js';
import type { MetricsSnapshot } from './prometheus.js';

/** The metrics of one of several processes that serve as one. */
export interface ProcessSnapshot {
  readonly snapshot: MetricsSnapshot;
  /** The label `worker` of its gauges; `null`: it shows none any more, only what it has counted. */
  readonly worker: string | null;
}

interface Family {
  /** Its lines `# HELP` and `# TYPE`. */
  readonly head: string[];
  isGauge: boolean;
  /** By the series, with its labels. */
  readonly values: Map<string, number>;
}

const HEAD = /^# (HELP|TYPE) (\S+)(?: (\S+))?/;

/**
 * What several processes have counted, as one: counters and histograms are added up, gauges stand side by side, each with
 * the process that it is of. Series are as Prometheus' text writes them, so that those of the same labels are the same text.
 */
export const mergeSnapshots = (parts: readonly ProcessSnapshot[]): MetricsSnapshot => {
  const families = new Map<string, Family>();
  const exemplars = new Map<string, Exemplar>();
  const natives = new Map<string, NativeCounts>();
  for (const { snapshot, worker } of parts) {
    addText(families, snapshot.text, worker);
    for (const [bucket, exemplar] of snapshot.exemplars)
      if (exemplar.atMs >= (exemplars.get(bucket)?.atMs ?? 0)) exemplars.set(bucket, exemplar);
    for (const [series, counts] of snapshot.natives) {
      const known = natives.get(series);
      natives.set(series, known === undefined ? counts : addNatives(known, counts));
    }
  }
  return { text: textOf(families), exemplars: [...exemplars], natives: [...natives] };
};

const addText = (families: Map<string, Family>, text: string, worker: string | null): void => {
  let family = familyOf(families, '');
  const begun = new Set<Family>();
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const [, kind, name, type] = HEAD.exec(line) ?? [];
    if (kind !== undefined && name !== undefined) {
      family = familyOf(families, name);
      // As the first process has it.
      if (family.values.size === 0 || begun.has(family)) if (!family.head.includes(line)) family.head.push(line);
      begun.add(family);
      if (kind === 'TYPE') family.isGauge = type === 'gauge';
      continue;
    }
    if (line.startsWith('#') || (family.isGauge && worker === null)) continue;
    const at = line.lastIndexOf(' ');
    const series = family.isGauge && worker !== null ? withLabel(line.slice(0, at), worker) : line.slice(0, at);
    family.values.set(series, (family.values.get(series) ?? 0) + numberOf(line.slice(at + 1)));
  }
};

const familyOf = (families: Map<string, Family>, name: string): Family => {
  let family = families.get(name);
  if (family === undefined) families.set(name, (family = { head: [], isGauge: false, values: new Map() }));
  return family;
};

const withLabel = (series: string, worker: string): string =>
  series.endsWith('}') ? `${series.slice(0, -1)},worker="${worker}"}` : `${series}{worker="${worker}"}`;

const numberOf = (text: string): number => {
  if (text === '+Inf') return Infinity;
  return text === '-Inf' ? -Infinity : Number(text);
};

const written = (value: number): string => {
  if (value === Infinity) return '+Inf';
  return value === -Infinity ? '-Inf' : String(value);
};

const textOf = (families: ReadonlyMap<string, Family>): string => {
  const lines: string[] = [];
  for (const { head, values } of families.values()) {
    if (values.size === 0) continue;
    lines.push(...head);
    for (const [series, value] of values) lines.push(`${series} ${written(value)}`);
  }
  return `${lines.join('\n')}\n`;
};
