import type { ToolVersion } from '../entries/ledger/version.js';
import { visible } from '../entries/ledger/words.js';

/** What a line of a diff is: in both, in the old one alone, in the new one alone. */
export const DIFF_SIGNS = [' ', '-', '+'] as const;

export interface DiffLine {
  readonly sign: (typeof DIFF_SIGNS)[number];
  readonly text: string;
}

const LINES_MAX = 2_000;
const LINE_CHARS_MAX = 4_000;
/** Beyond this the middle is shown as replaced whole, since comparing takes as many steps as the one has lines times the other. */
const STEPS_MAX = 1_000_000;

/** From one version to the other, line by line of their indented JSON. */
export const linesBetween = (before: ToolVersion | null, after: ToolVersion | null): readonly DiffLine[] => {
  const [was, is] = [linesOf(before), linesOf(after)];
  let start = 0;
  while (start < was.length && start < is.length && was[start] === is[start]) start++;
  let end = 0;
  while (end < was.length - start && end < is.length - start && was.at(-1 - end) === is.at(-1 - end)) end++;
  return [
    ...signed(' ', was.slice(0, start)),
    ...middle(was.slice(start, was.length - end), is.slice(start, is.length - end)),
    ...signed(' ', was.slice(was.length - end)),
  ].slice(0, LINES_MAX);
};

const linesOf = (version: ToolVersion | null): readonly string[] => {
  if (version === null) return [];
  const { definition, legacyDefinition, era } = version;
  const text = (json: string): string[] => JSON.stringify(JSON.parse(json), null, 2).split('\n');
  return [
    ...text(definition),
    ...(legacyDefinition === null ? [] : ['for clients before 2026-07-28:', ...text(legacyDefinition)]),
    ...(era === null ? [] : [`for ${era} clients alone`]),
  ].map((line) => visible(line).slice(0, LINE_CHARS_MAX));
};

const signed = (sign: DiffLine['sign'], lines: readonly string[]): DiffLine[] => lines.map((text) => ({ sign, text }));

/** By the longest common subsequence. */
const middle = (was: readonly string[], is: readonly string[]): DiffLine[] => {
  if (was.length * is.length > STEPS_MAX) return [...signed('-', was), ...signed('+', is)];
  const width = is.length + 1;
  const common = new Uint16Array((was.length + 1) * width);
  for (let row = was.length - 1; row >= 0; row--) {
    for (let column = is.length - 1; column >= 0; column--) {
      common[row * width + column] =
        was[row] === is[column]
          ? (common[(row + 1) * width + column + 1] as number) + 1
          : Math.max(common[(row + 1) * width + column] as number, common[row * width + column + 1] as number);
    }
  }
  const lines: DiffLine[] = [];
  let [row, column] = [0, 0];
  while (row < was.length || column < is.length) {
    const [old, now] = [was[row], is[column]];
    if (old !== undefined && old === now) {
      lines.push({ sign: ' ', text: old });
      row++;
      column++;
    } else if (
      old !== undefined &&
      (now === undefined ||
        (common[(row + 1) * width + column] as number) >= (common[row * width + column + 1] as number))
    ) {
      lines.push({ sign: '-', text: old });
      row++;
    } else {
      lines.push({ sign: '+', text: now as string });
      column++;
    }
  }
  return lines;
};
