import { type GatewayError, catalogue } from '#libs/errors';
import type { CallRecord } from './record-calls.request.js';

const LIMIT_SETTINGS: Readonly<Record<string, string>> = {
  'caller rate': 'CALLER_RATE_LIMIT',
  'caller concurrency': 'CALLER_CONCURRENT_LIMIT',
  'team rate': 'TEAM_RATE_LIMIT',
  'team concurrency': 'TEAM_CONCURRENT_LIMIT',
  'tool rate': 'TOOL_RATE_LIMIT',
  'tool concurrency': 'TOOL_CONCURRENT_TOTAL',
};

const RULE_CHARS_MAX = 200;

/**
 * What decided that a call did not go through, for its record: the permission that was missing, or the limit that was
 * reached with its value, or what is wrong with the credential. `null` where the code of the failure says all there is to say. Holds nothing of the call.
 */
export const ruleOf = ({ code, data, message }: GatewayError): string | null => {
  const { permission, limitOf, kind, limit } = data ?? {};
  if (code === 'auth.grant_missing' && typeof permission === 'string') return `permission ${permission}`;
  // Why a credential is not good is said in words alone.
  if (code.startsWith('auth.') && message !== catalogue[code].message) return message.slice(0, RULE_CHARS_MAX);
  if (code !== 'http.rate_limited' || typeof limit !== 'number') return null;
  const setting = LIMIT_SETTINGS[`${String(limitOf)} ${String(kind)}`];
  return setting === undefined ? null : `${setting} ${limit}`;
};

const NAME_CHARS_MAX = 128;
const VERSION_CHARS_MAX = 64;

/** What a client calls itself in its `Implementation`, cut to what a record takes; null for what it does not say. */
export const clientFactsOf = (
  info: Readonly<Record<string, unknown>> | null,
): Pick<CallRecord, 'clientName' | 'clientVersion'> => ({
  clientName: textOf(info?.['name'], NAME_CHARS_MAX),
  clientVersion: textOf(info?.['version'], VERSION_CHARS_MAX),
});

const textOf = (value: unknown, charsMax: number): string | null =>
  typeof value !== 'string' || value === '' ? null : value.length > charsMax ? value.slice(0, charsMax) : value;
