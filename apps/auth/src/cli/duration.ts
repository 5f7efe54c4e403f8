import { fail } from '#libs/errors';

const UNIT_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };
const YEARS_10_MS = 3650 * 86_400_000;

/** `90s`, `15m`, `12h`, `7d`, `2w`. */
export const parseDuration = (text: string): number => {
  const [, count = '', unit = ''] = /^(\d{1,9})([smhdw])$/.exec(text) ?? [];
  const ms = Number(count) * (UNIT_MS[unit] ?? 0);
  if (!(ms > 0 && ms <= YEARS_10_MS))
    throw fail('config.invalid', { message: `"${text}" is not a duration such as 12h or 7d` });
  return ms;
};
