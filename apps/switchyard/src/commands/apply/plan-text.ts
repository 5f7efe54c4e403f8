import type { KnownEntry } from './known.js';
import type { Difference, Outcome, Plan, PlannedEntry } from './plan.js';
import { type WantedEntry, keyOf } from './read-folder.js';
import { referencesIn } from './references.js';

const MARKS: Readonly<Record<Outcome, string>> = {
  created: '+',
  updated: '~',
  unchanged: '=',
  skipped: '!',
  left_out: '!',
  failed: '!',
};
const VALUE_CHARS_MAX = 200;

/** How many entries come out in which way. */
export interface Counts {
  readonly created: number;
  readonly updated: number;
  readonly unchanged: number;
  readonly refused: number;
  readonly removed: number;
}

/** The plan in lines: what is made, what becomes another and in what, what is taken away; what stays as it is is counted. */
export const planLines = ({ entries, gone }: Plan, prunes: boolean): string[] => [
  ...entries.filter(({ outcome, notes }) => outcome !== 'unchanged' || notes.length > 0).flatMap(linesOf),
  ...gone.map((entry) =>
    prunes ? `- ${keyOf(entry)}` : `  ${keyOf(entry)} is in no file any more; --prune removes it`,
  ),
];

export const countsOf = ({ entries, gone }: Plan, prunes: boolean): Counts => {
  const count = (...outcomes: readonly Outcome[]): number =>
    entries.filter(({ outcome }) => outcomes.includes(outcome)).length;
  return {
    created: count('created'),
    updated: count('updated'),
    unchanged: count('unchanged'),
    refused: count('skipped', 'left_out', 'failed'),
    removed: prunes ? gone.length : 0,
  };
};

export const countsText = ({ created, updated, removed, unchanged, refused }: Counts): string =>
  `${created} to make, ${updated} to change, ${removed} to remove, ${unchanged} as they are` +
  (refused > 0 ? `, ${refused} that cannot be applied` : '');

/** How it went with one, in a line. */
export const resultLine = (entry: WantedEntry | KnownEntry, outcome: string, notes: readonly string[]): string =>
  `${keyOf(entry)}  ${withNotes(outcome.replace('_', ' '), notes)}`;

const withNotes = (text: string, notes: readonly string[]): string =>
  notes.length === 0 ? text : `${text}: ${notes.join('; ')}`;

const linesOf = ({ wanted, outcome, notes, differences }: PlannedEntry): string[] => [
  `${MARKS[outcome]} ${withNotes(keyOf(wanted), notes)}`,
  ...differences.map((difference) => `    ${differenceText(difference)}`),
];

const differenceText = ({ member, from, to, isOfFiles }: Difference): string => {
  if (from !== undefined || to !== undefined) return `${member}: ${valueText(from)} -> ${valueText(to)}`;
  return `${member}: another, from ${isOfFiles ? 'the files that it names' : 'the environment'}`;
};

const valueText = (value: unknown): string => {
  if (value === undefined) return '(none)';
  const text = JSON.stringify(value);
  return text.length > VALUE_CHARS_MAX ? `${text.slice(0, VALUE_CHARS_MAX)}…` : text;
};

const HIDDEN_CHARS_MIN = 4;
/** Of what is longer, a beginning of this length is hidden too: the gateway quotes the first characters of what it refuses. */
const BEGINNING_CHARS = 48;

/** Takes what the files have from the environment out of a text again, whoever quotes it, also within JSON. */
export const hiding = (
  wanted: readonly WantedEntry[],
  env: Readonly<Record<string, string | undefined>>,
): ((text: string) => string) => {
  const names = new Set(wanted.flatMap(({ written }) => referencesIn(written)));
  const values = [...names]
    .flatMap((name) => {
      const value = env[name] ?? '';
      const inJson = JSON.stringify(value).slice(1, -1);
      return [...new Set([value, inJson])].map((form) => [name, form] as const);
    })
    .filter(([, value]) => value.length >= HIDDEN_CHARS_MIN)
    // The longest first: one may hold another.
    .sort(([, one], [, other]) => other.length - one.length);
  return (text) => values.reduce((shown, [name, value]) => withoutValue(shown, value, `\${ENV:${name}}`), text);
};

/** The text with `shown` in the place of a value, and of its beginning where it is cut off. */
const withoutValue = (text: string, value: string, shown: string): string => {
  const whole = text.replaceAll(value, () => shown);
  if (value.length <= BEGINNING_CHARS) return whole;
  const tail = value.slice(BEGINNING_CHARS);
  const [first = '', ...rest] = whole.split(value.slice(0, BEGINNING_CHARS));
  return rest.reduce((before, after) => {
    let same = 0;
    while (same < tail.length && tail[same] === after[same]) same += 1;
    return `${before}${shown}…${after.slice(same)}`;
  }, first);
};
