import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import type { Exemplar } from './duration-histogram.js';
import { type Labels, NATIVE_SCHEMA, type NativeCounts, seriesText } from './native-buckets.js';

const TYPES: Readonly<Record<string, number>> = { counter: 0, gauge: 1, untyped: 3, histogram: 4 };
/** Above zero everything is above this. */
const ZERO_THRESHOLD = 2 ** -128;

interface Sample {
  readonly name: string;
  readonly labels: Labels;
  readonly value: number;
  readonly series: string;
}

interface Family {
  readonly name: string;
  help: string;
  type: string;
  readonly samples: Sample[];
}

/** What a histogram of some labels is put together from. */
interface Histogram {
  readonly labels: Labels;
  readonly buckets: { readonly upTo: number; readonly count: number; readonly exemplar: Exemplar | undefined }[];
  count: number;
  sum: number;
  readonly native: NativeCounts | undefined;
}

/**
 * Prometheus' text as its protobuf messages, with what the text has no room for: native histograms.
 * https://prometheus.io/docs/instrumenting/exposition_formats/#protobuf-format
 */
export const asProtobuf = (
  text: string,
  exemplars: ReadonlyMap<string, Exemplar>,
  natives: ReadonlyMap<string, NativeCounts>,
): Buffer => {
  const writer = new BinaryWriter();
  for (const family of familiesIn(text)) {
    // Each message is preceded by its length.
    writer.fork();
    string(writer, 1, family.name);
    string(writer, 2, family.help);
    writer.tag(3, WireType.Varint).int32(TYPES[family.type] ?? TYPES['untyped'] ?? 3);
    if (family.type === 'histogram')
      for (const histogram of histogramsOf(family, exemplars, natives))
        message(writer, 4, () => writeHistogram(writer, histogram));
    else for (const sample of family.samples) message(writer, 4, () => writeValue(writer, family.type, sample));
    writer.join();
  }
  return Buffer.from(writer.finish());
};

const message = (writer: BinaryWriter, field: number, write: () => void): void => {
  writer.tag(field, WireType.LengthDelimited).fork();
  write();
  writer.join();
};
const string = (writer: BinaryWriter, field: number, text: string): void =>
  void writer.tag(field, WireType.LengthDelimited).string(text);
const double = (writer: BinaryWriter, field: number, value: number): void =>
  void writer.tag(field, WireType.Bit64).double(value);

const writeLabels = (writer: BinaryWriter, labels: Labels): void => {
  for (const [name, value] of labels)
    message(writer, 1, () => {
      string(writer, 1, name);
      string(writer, 2, value);
    });
};

const writeValue = (writer: BinaryWriter, type: string, { labels, value }: Sample): void => {
  writeLabels(writer, labels);
  const field = { gauge: 2, counter: 3 }[type] ?? 5;
  message(writer, field, () => double(writer, 1, value));
};

const writeHistogram = (writer: BinaryWriter, { labels, buckets, count, sum, native }: Histogram): void => {
  writeLabels(writer, labels);
  message(writer, 7, () => {
    writer.tag(1, WireType.Varint).uint64(native?.count ?? count);
    double(writer, 2, native?.sum ?? sum);
    for (const { upTo, count: upToCount, exemplar } of buckets)
      message(writer, 3, () => {
        writer.tag(1, WireType.Varint).uint64(upToCount);
        double(writer, 2, upTo);
        if (exemplar !== undefined) message(writer, 3, () => writeExemplar(writer, exemplar));
      });
    if (native !== undefined) writeNative(writer, native);
  });
};

const writeExemplar = (writer: BinaryWriter, { traceId, value, atMs }: Exemplar): void => {
  writeLabels(writer, [['trace_id', traceId]]);
  double(writer, 2, value);
  message(writer, 3, () => {
    writer.tag(1, WireType.Varint).int64(Math.floor(atMs / 1_000));
    writer.tag(2, WireType.Varint).int32((atMs % 1_000) * 1e6);
  });
};

/** Runs of buckets, each so far behind the one before, and what each bucket has more than the one before it. */
const writeNative = (writer: BinaryWriter, { zeros, buckets }: NativeCounts): void => {
  writer.tag(5, WireType.Varint).sint32(NATIVE_SCHEMA);
  double(writer, 6, ZERO_THRESHOLD);
  writer.tag(7, WireType.Varint).uint64(zeros);
  const spans: { offset: number; length: number }[] = [];
  let end = 0;
  for (const [index] of buckets) {
    const last = spans.at(-1);
    if (last !== undefined && index === end) last.length++;
    else spans.push({ offset: last === undefined ? index : index - end, length: 1 });
    end = index + 1;
  }
  // Without a span it would be no native histogram; one of no buckets says that it is one.
  if (spans.length === 0) spans.push({ offset: 0, length: 0 });
  for (const { offset, length } of spans)
    message(writer, 12, () => {
      writer.tag(1, WireType.Varint).sint32(offset);
      writer.tag(2, WireType.Varint).uint32(length);
    });
  writer.tag(13, WireType.LengthDelimited).fork();
  let before = 0;
  for (const [, count] of buckets) {
    writer.sint64(count - before);
    before = count;
  }
  writer.join();
};

const HEAD = /^# (HELP|TYPE) (\S+) (.*)$/;
const SAMPLE = /^([^\s{]+)(?:\{(.*)\})? (\S+)$/;
const LABEL = /([A-Za-z_]\w*)="((?:[^"\\]|\\.)*)"/g;

const familiesIn = (text: string): Family[] => {
  const families: Family[] = [];
  const familyOf = (name: string): Family => {
    const last = families.at(-1);
    if (last?.name === name) return last;
    const family = { name, help: '', type: 'untyped', samples: [] };
    families.push(family);
    return family;
  };
  for (const line of text.split('\n')) {
    const [, kind, of = '', said = ''] = HEAD.exec(line) ?? [];
    if (kind === 'HELP') familyOf(of).help = said;
    else if (kind === 'TYPE') familyOf(of).type = said;
    if (line === '' || line.startsWith('#')) continue;
    const [, name = '', labels = '', value = ''] = SAMPLE.exec(line) ?? [];
    const series = line.slice(0, line.lastIndexOf(' '));
    families.at(-1)?.samples.push({ name, labels: labelsIn(labels), value: numberOf(value), series });
  }
  return families.filter(({ samples }) => samples.length > 0);
};

const labelsIn = (text: string): Labels =>
  [...text.matchAll(LABEL)].map(([, name = '', value = '']) => [name, value.replaceAll(/\\(.)/g, unescaped)]);
const unescaped = (_all: string, character: string): string => (character === 'n' ? '\n' : character);

const numberOf = (text: string): number => {
  if (text === '+Inf') return Infinity;
  return text === '-Inf' ? -Infinity : Number(text);
};

const histogramsOf = (
  { name, samples }: Family,
  exemplars: ReadonlyMap<string, Exemplar>,
  natives: ReadonlyMap<string, NativeCounts>,
): Iterable<Histogram> => {
  const histograms = new Map<string, Histogram>();
  for (const { name: part, labels, value, series } of samples) {
    const own = labels.filter(([label]) => label !== 'le');
    const key = seriesText(name, own);
    let histogram = histograms.get(key);
    if (histogram === undefined)
      histograms.set(key, (histogram = { labels: own, buckets: [], count: 0, sum: 0, native: natives.get(key) }));
    if (part.endsWith('_sum')) histogram.sum = value;
    else if (part.endsWith('_count')) histogram.count = value;
    else {
      const upTo = numberOf(labels.find(([label]) => label === 'le')?.[1] ?? '+Inf');
      histogram.buckets.push({ upTo, count: value, exemplar: exemplars.get(series) });
    }
  }
  return histograms.values();
};
