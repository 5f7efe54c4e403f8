import type { Language } from './party.js';

/** What became of one party. */
export interface Outcome {
  readonly mode: string;
  readonly language: Language;
  readonly role: 'server' | 'client';
  readonly name: string;
  readonly source: string;
  /** What was listed and called, in a few words. */
  readonly seen: string;
  /** How it differed from what it is directly; none when it did not. */
  readonly problems: readonly string[];
}

const row = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;

/** A Markdown table of party × outcome, and every difference below it. */
export const tableOf = (outcomes: readonly Outcome[]): string => {
  const rows = outcomes.map(({ mode, role, name, source, seen, problems }) =>
    row([mode, role, name, source, seen, problems.length === 0 ? 'same' : `${problems.length} differences`]),
  );
  const details = outcomes
    .filter(({ problems }) => problems.length > 0)
    .map(({ mode, name, problems }) => [`\n${name}, ${mode}:`, ...problems.map((text) => `- ${text}`)].join('\n'));
  return [
    row(['Gateway', 'Role', 'Party', 'Source', 'Seen', 'Outcome']),
    row(['---', '---', '---', '---', '---', '---']),
    ...rows,
    ...details,
  ].join('\n');
};
