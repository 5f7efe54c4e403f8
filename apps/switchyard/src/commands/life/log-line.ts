import { printable } from '../../terminal/table.js';

const LEVELS: Readonly<Record<number, string>> = {
  10: 'trace',
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'error',
  60: 'fatal',
};
/** Said otherwise, or the same in every line. */
const LEFT_OUT = new Set(['level', 'time', 'msg', 'pid', 'hostname', 'service']);

/** A line of the log for people: when, how grave, what, and the facts that it names. A line that is no JSON stays as it is. */
export const readableLine = (line: string): string => {
  const entry = parse(line);
  if (entry === null) return printable(line);
  const { time, level, msg } = entry;
  const at = typeof time === 'number' || typeof time === 'string' ? new Date(time).toISOString().slice(11, 23) : '–';
  const word = typeof level === 'number' ? (LEVELS[level] ?? String(level)) : textOf(level);
  const facts = Object.entries(entry)
    .filter(([name]) => !LEFT_OUT.has(name))
    .map(([name, value]) => `${name}=${textOf(value)}`);
  return printable([at, word.padEnd(5), textOf(msg), ...facts].join(' '));
};

const textOf = (value: unknown): string => (typeof value === 'string' ? value : (JSON.stringify(value) ?? ''));

const parse = (line: string): Record<string, unknown> | null => {
  if (!line.startsWith('{')) return null;
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return null;
  }
};
