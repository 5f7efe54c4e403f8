import { UsageError } from './failure.js';

const UNITS_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** `90s`, `15m`, `12h`, `7d` or `2w` in milliseconds. Throws `UsageError`. */
export const durationMs = (text: string): number => {
  const [, count = '', unit = ''] = /^(\d{1,6})([smhdw])$/.exec(text) ?? [];
  const ms = Number(count) * (UNITS_MS[unit] ?? 0);
  if (!(ms > 0)) throw new UsageError(`"${text}" is not a duration such as 15m, 12h or 7d`);
  return ms;
};

/** How long ago that was, in the largest unit that is whole: `3 d`. */
export const agoOf = (at: string | null | undefined, nowMs: number = Date.now()): string => {
  if (!at) return '–';
  const ms = Math.max(0, nowMs - Date.parse(at));
  const [unit, size] = Object.entries(UNITS_MS)
    .reverse()
    .find(([name, size]) => name !== 'w' && ms >= size) ?? ['s', 1_000];
  return `${Math.floor(ms / size)} ${unit}`;
};
