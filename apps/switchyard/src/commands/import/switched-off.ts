import type { Members } from './members.js';

const OFF_WHEN_TRUE = new Set(['disabled', 'disable', 'isdisabled', 'off']);
const OFF_WHEN_FALSE = new Set(['enabled', 'enable', 'isenabled', 'active', 'isactive']);
const TRUE = new Set(['true', '1', 'yes', 'on']);
const FALSE = new Set(['false', '0', 'no', 'off', '']);

/** Members that say whether a server is wanted at all. */
export const isSwitch = (key: string): boolean => OFF_WHEN_TRUE.has(key) || OFF_WHEN_FALSE.has(key);

/** Why a server must not be started, if the file says so in any of the ways that clients have. `keyOf`: see there. */
export const switchedOff = (server: Members, keyOf: (member: string) => string): string | undefined => {
  for (const [member, value] of Object.entries(server)) {
    const key = keyOf(member);
    if (!isSwitch(key) || value === null) continue;
    const said = asFlag(value);
    if (said === undefined) return `has a ${member} that is neither true nor false`;
    if (said === OFF_WHEN_TRUE.has(key)) return 'is disabled in the file';
  }
  return undefined;
};

const asFlag = (value: unknown): boolean | undefined => {
  if (typeof value === 'boolean') return value;
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  const word = String(value).trim().toLowerCase();
  if (TRUE.has(word)) return true;
  return FALSE.has(word) ? false : undefined;
};
