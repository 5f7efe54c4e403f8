import { isIP } from 'node:net';
import type { TokenConditions, TokenHours } from '#contracts/auth/principal';

/** As a token, and REST, has it: times of day, in a time zone of the IANA. */
export interface TimeRestrictions {
  readonly days?: readonly string[] | null;
  readonly start_time?: string | null;
  readonly end_time?: string | null;
  readonly timezone?: string | null;
  /** 09:00 to 17:00. */
  readonly business_hours_only?: boolean | null;
  /** Monday to Friday. */
  readonly weekdays_only?: boolean | null;
}

export const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;
const LONG_DAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
const WEEKDAYS = [1, 2, 3, 4, 5];
const MEMBERS = ['days', 'start_time', 'end_time', 'timezone', 'business_hours_only', 'weekdays_only'];
export const NETWORKS_MAX = 100;
type Minutes = Pick<TokenHours, 'fromMinute' | 'toMinute'>;
const EVERY_DAY = DAYS.map((_, day) => day);
const WHOLE_DAY: Minutes = { fromMinute: 0, toMinute: 24 * 60 };
const BUSINESS_HOURS: Minutes = { fromMinute: 9 * 60, toMinute: 17 * 60 };

const isAbsent = (value: unknown): boolean => value === undefined || value === null;

/** Reads `ip_restrictions`: addresses, and networks as `10.0.0.0/8`. Throws an `Error` that says what is wrong. */
export const readNetworks = (value: unknown): readonly string[] => {
  if (!Array.isArray(value) || value.length > NETWORKS_MAX) throw new Error(`must be at most ${NETWORKS_MAX} networks`);
  for (const network of value) {
    const [address = '', bits, ...rest] = typeof network === 'string' ? network.split('/') : [];
    const kind = isIP(address);
    const isRight = kind !== 0 && rest.length === 0 && !address.includes('%');
    if (!isRight || (bits !== undefined && !(/^\d{1,3}$/.test(bits) && Number(bits) <= (kind === 6 ? 128 : 32))))
      throw new Error('must be addresses, or networks such as 10.0.0.0/8');
  }
  return value as string[];
};

/** Reads `time_restrictions`; `null` where it restricts nothing. Throws an `Error` that says what is wrong. */
export const readHours = (value: unknown): TokenHours | null => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('must be an object');
  const given = value as Readonly<Record<string, unknown>>;
  const unknown = Object.keys(given).find((name) => !MEMBERS.includes(name) && !isAbsent(given[name]));
  if (unknown !== undefined) throw new Error(`has an unknown member "${unknown.slice(0, 64)}"`);
  const days = daysIn(given);
  const minutes = minutesIn(given);
  const timezone = timezoneOf(given['timezone']);
  if (days === null && minutes === null) return null;
  return { days: days ?? EVERY_DAY, ...(minutes ?? WHOLE_DAY), timezone };
};

/** Of what a token or its record says; `null` where it is good from everywhere and at any time. Throws as the two above. */
export const readConditions = (networks: unknown, hours: unknown): TokenConditions | null => {
  const from = isAbsent(networks) ? [] : readNetworks(networks);
  const within = isAbsent(hours) ? null : readHours(hours);
  if (from.length === 0 && within === null) return null;
  return { ...(from.length > 0 && { networks: from }), ...(within !== null && { hours: within }) };
};

const daysIn = (given: Readonly<Record<string, unknown>>): readonly number[] | null => {
  const days = isAbsent(given['days']) ? null : daysOf(given['days']);
  if (!flagOf(given, 'weekdays_only')) return days;
  if (days !== null) throw new Error('has both days and weekdays_only');
  return WEEKDAYS;
};

const minutesIn = (given: Readonly<Record<string, unknown>>): Minutes | null => {
  const from = minuteOf(given, 'start_time');
  const to = minuteOf(given, 'end_time');
  const isSaid = from !== null || to !== null;
  if (flagOf(given, 'business_hours_only')) {
    if (isSaid) throw new Error('has both a time and business_hours_only');
    return BUSINESS_HOURS;
  }
  if (!isSaid) return null;
  const minutes = { fromMinute: from ?? WHOLE_DAY.fromMinute, toMinute: to ?? WHOLE_DAY.toMinute };
  if (minutes.fromMinute === minutes.toMinute) throw new Error('ends when it starts');
  return minutes;
};

const flagOf = (given: Readonly<Record<string, unknown>>, name: string): boolean => {
  const value = given[name];
  if (!isAbsent(value) && typeof value !== 'boolean') throw new Error(`${name} must be true or false`);
  return value === true;
};

const daysOf = (value: unknown): readonly number[] => {
  const names: readonly unknown[] = Array.isArray(value) ? value : [];
  const days = names.map((name) =>
    LONG_DAYS.findIndex((day) => [day, day.slice(0, 3)].includes(String(name).toLowerCase())),
  );
  if (names.length === 0 || names.length > DAYS.length || days.includes(-1))
    throw new Error(`days must be some of ${DAYS.join(', ')}`);
  return [...new Set(days)];
};

const minuteOf = (given: Readonly<Record<string, unknown>>, name: string): number | null => {
  const value = given[name];
  if (isAbsent(value)) return null;
  const [, hour, minute] = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(String(value)) ?? [];
  if (hour === undefined) throw new Error(`${name} must be a time of day such as 09:00`);
  return Number(hour) * 60 + Number(minute);
};

const timezoneOf = (value: unknown): string => {
  if (isAbsent(value)) return 'UTC';
  try {
    if (typeof value !== 'string') throw new RangeError('no text');
    return new Intl.DateTimeFormat('en', { timeZone: value }).resolvedOptions().timeZone;
  } catch {
    throw new Error('timezone must be a time zone such as Europe/Berlin');
  }
};
