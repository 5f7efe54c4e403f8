import type { Principal, TokenHours } from '#libs/contracts';
import { fail } from '#libs/errors';
import { type AddressedRequest, type ClientAddress, networkList } from './client-address.js';

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const DAY_COUNT = DAYS.length;

const lists = new WeakMap<readonly string[], (address: string) => boolean>();
const clocks = new Map<string, Intl.DateTimeFormat>();

/** Throws `auth.grant_missing` for a caller whose token is good from other networks, or at other times, alone. */
export const checkConditions = (
  { conditions }: Principal,
  request: AddressedRequest,
  addressOf: ClientAddress,
  now?: Date,
): void => {
  if (conditions === undefined) return;
  const { networks, hours } = conditions;
  if (networks !== undefined && !holds(networks, addressOf(request)))
    throw fail('auth.grant_missing', { message: 'The token is not good from this network address' });
  if (hours !== undefined && !isWithin(hours, now ?? new Date()))
    throw fail('auth.grant_missing', { message: 'The token is not good at this time' });
};

const holds = (networks: readonly string[], address: string): boolean => {
  let list = lists.get(networks);
  if (list === undefined) lists.set(networks, (list = networkList(networks)));
  return list(address);
};

/** Hours that end before they begin go on past midnight, and belong to the day on which they began. */
const isWithin = ({ days, fromMinute, toMinute, timezone }: TokenHours, now: Date): boolean => {
  const { day, minute } = timeIn(timezone, now);
  if (fromMinute < toMinute) return days.includes(day) && minute >= fromMinute && minute < toMinute;
  if (minute >= fromMinute) return days.includes(day);
  return minute < toMinute && days.includes((day + DAY_COUNT - 1) % DAY_COUNT);
};

const timeIn = (timezone: string, now: Date): { readonly day: number; readonly minute: number } => {
  let clock = clocks.get(timezone);
  if (clock === undefined) {
    const parts = {
      weekday: 'short',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
      timeZone: timezone,
    } as const;
    clocks.set(timezone, (clock = new Intl.DateTimeFormat('en-US', parts)));
  }
  const parts = new Map(clock.formatToParts(now).map(({ type, value }) => [type, value]));
  return {
    day: DAYS.indexOf(parts.get('weekday') ?? ''),
    minute: Number(parts.get('hour')) * 60 + Number(parts.get('minute')),
  };
};
