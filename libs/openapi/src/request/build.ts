import { isObject } from '#libs/mcp';
import type { Check } from '../schema/check.js';
import type { HttpBinding } from './binding.js';
import { bodyOf } from './body.js';
import { ArgumentsRefused, encodeStrictly, hasParts, mayRound, parseExactly } from './encode.js';
import { headersOf } from './headers.js';
import { type Pair, styledPairs } from './styles.js';
import { type Given, urlOf } from './url.js';

/** A request without a credential; ready to be sent. */
export interface HttpRequest {
  readonly method: string;
  readonly url: string;
  /** Names in lower case, no name twice. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string | Uint8Array | null;
}

/** What kinds of answers are understood, the best first. */
const ACCEPT = 'application/json, application/*+json;q=0.9, text/*;q=0.8, */*;q=0.5';

/**
 * The request that a call makes. `argumentsText` is the JSON text of the arguments, so that numbers go out as they were
 * written. Throws `ArgumentsRefused`, with a sentence for the caller, where the arguments do not fit; then nothing has been
 * sent.
 */
export const buildRequest = (
  binding: HttpBinding,
  baseUrl: string,
  argumentsText: string,
  check: Check,
): HttpRequest => {
  const values = JSON.parse(argumentsText) as unknown;
  if (!isObject(values)) throw new ArgumentsRefused('The arguments are not an object');
  const problem = check(values);
  if (problem !== null) throw new ArgumentsRefused(`The arguments do not fit the tool: ${problem}`);
  const exact = mayRound(argumentsText) ? (parseExactly(argumentsText) as Record<string, unknown>) : values;
  return assembled(binding, baseUrl, exact);
};

const assembled = (binding: HttpBinding, baseUrl: string, values: Readonly<Record<string, unknown>>): HttpRequest => {
  const given = binding.parameters.flatMap((parameter): Given[] => {
    const value = Object.hasOwn(values, parameter.argument) ? values[parameter.argument] : undefined;
    const isAbsent = value === undefined || (value === null && parameter.in !== 'path');
    return isAbsent ? [] : [[parameter, value]];
  });
  const bound = new Set([...binding.parameters.map((parameter) => parameter.argument), binding.body?.argument]);
  const others = Object.entries(values).filter(([name]) => !bound.has(name));
  const body = bodyIn(binding, values, others);
  const headers = new Map(Object.entries(binding.headers).map(([name, value]) => [name.toLowerCase(), value]));
  if (!headers.has('accept')) headers.set('accept', ACCEPT);
  for (const [name, value] of headersOf(given)) headers.set(name, value);
  if (body !== null) headers.set('content-type', body.mediaType);
  return {
    method: binding.method,
    url: urlOf(binding, baseUrl, given, otherPairs(binding, others)),
    headers: [...headers],
    body: body?.bytes ?? null,
  };
};

const bodyIn = (
  { body }: HttpBinding,
  values: Readonly<Record<string, unknown>>,
  others: readonly (readonly [string, unknown])[],
) => {
  if (body === null) return null;
  if (body.argument === null) return bodyOf(body, Object.fromEntries(others));
  return Object.hasOwn(values, body.argument) ? bodyOf(body, values[body.argument]) : null;
};

/** Arguments of a tool defined by hand that nothing says where to put. */
const otherPairs = ({ others, body }: HttpBinding, entries: readonly (readonly [string, unknown])[]): Pair[] => {
  if (body?.argument === null || entries.length === 0) return [];
  if (others === 'refused') throw new ArgumentsRefused(`There is no argument "${entries[0]?.[0].slice(0, 100)}"`);
  return entries.flatMap(([name, value]): Pair[] =>
    hasParts(value) && !Array.isArray(value)
      ? [[encodeStrictly(name), encodeStrictly(JSON.stringify(value))]]
      : styledPairs(name, value, { style: 'form', explode: true }),
  );
};
