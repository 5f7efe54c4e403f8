import { type MetricsSnapshot, countSeriesOf } from '#libs/telemetry';

/** What is kept of workers that are gone, and what of it there was no room for. */
export interface KeptSums {
  readonly sums: MetricsSnapshot;
  /** Series that are not in it. */
  readonly dropped: number;
}

/**
 * As much of `sums` as fits in so many lines. What `before` had stays in any case, since a sum that falls would be read as a
 * restart; of what is new, a histogram is kept with all its buckets or not at all.
 */
export const keptWithin = (linesMax: number, sums: MetricsSnapshot, before: MetricsSnapshot): KeptSums => {
  const lines = sums.text.split('\n').filter((line) => line !== '');
  if (lines.length <= linesMax) return { sums, dropped: 0 };
  const known = new Set(seriesOf(before.text));
  const kept: string[] = [];
  const droppedSeries = new Set<string>();
  let room = linesMax - known.size;
  let head: string[] = [];
  for (const group of groupsOf(lines)) {
    if (group.key === HEAD) {
      head = group.lines;
      continue;
    }
    const isKnown = known.has(seriesIn(group.lines[0] as string));
    const needed = group.lines.length + head.length;
    if (!isKnown && needed > room) {
      droppedSeries.add(group.key);
      continue;
    }
    if (!isKnown) room -= needed;
    kept.push(...head, ...group.lines);
    head = [];
  }
  const text = kept.length === 0 ? '' : `${kept.join('\n')}\n`;
  const shown = new Set(seriesOf(text));
  return {
    sums: {
      text,
      exemplars: droppedSeries.size === 0 ? sums.exemplars : before.exemplars,
      natives: sums.natives.filter(([series]) => shown.has(countSeriesOf(series))),
    },
    dropped: droppedSeries.size,
  };
};

interface Group {
  readonly key: string;
  readonly lines: string[];
}

const HEAD = '#';

/** The lines of each series in their order, and those that head a family. */
const groupsOf = (lines: readonly string[]): Group[] => {
  const groups: Group[] = [];
  for (const line of lines) {
    const key = line.startsWith('#') ? HEAD : keyOf(seriesIn(line));
    const last = groups.at(-1);
    if (last?.key === key && (key !== HEAD || isOfOneFamily(last.lines, line))) last.lines.push(line);
    else groups.push({ key, lines: [line] });
  }
  return groups;
};

const isOfOneFamily = (lines: readonly string[], line: string): boolean =>
  lines[0]?.split(' ')[2] === line.split(' ')[2];

const seriesOf = (text: string): string[] =>
  text.split('\n').flatMap((line) => (line === '' || line.startsWith('#') ? [] : [seriesIn(line)]));

const seriesIn = (line: string): string => line.slice(0, line.lastIndexOf(' '));

/** The same for all lines of one histogram. */
const keyOf = (series: string): string => {
  const [, name = '', labels = ''] = /^([^{]+)(?:\{(.*)\})?$/.exec(series) ?? [];
  const withoutBound = labels.replace(/,?le="[^"]*"/, '').replace(/^,/, '');
  return `${name.replace(/_(?:bucket|sum|count)$/, '')}{${withoutBound}}`;
};
