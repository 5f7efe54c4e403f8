import {
  PASSED_CHARS_MAX,
  PASSED_VALUE_CHARS_MAX,
  isPassedValue,
  whyNotPassed,
} from '#contracts/registry/passed-headers.rules';
import type { UpstreamCall } from '#contracts/tool-invocation/execute-call.request';
import { fail } from '#libs/errors';
import { readCredential } from '#libs/identity';
import type { ScopedCall } from './calls.js';

/**
 * What of the headers of a request goes on to an upstream: those that its gateway names; `undefined` where that is nothing.
 * Throws `http.malformed` for what cannot go on, and for the gateway's own token in any of them.
 */
export const passedHeadersOf = (
  { catalog, carrier }: Pick<ScopedCall, 'catalog' | 'carrier'>,
  upstreamId: string,
): UpstreamCall['passedHeaders'] => {
  const wanted = catalog.passedHeaders(upstreamId);
  if (wanted === undefined) return undefined;
  const { rawHeaders } = carrier;
  const sent = new Map<string, string>();
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] as string).toLowerCase();
    if (!wanted.includes(name)) continue;
    const value = rawHeaders[index + 1] as string;
    const before = sent.get(name);
    // https://www.rfc-editor.org/rfc/rfc9110#section-5.2
    sent.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  for (const name of ofThisConnection(rawHeaders)) sent.delete(name);
  if (sent.size === 0) return undefined;
  const own = readCredential(carrier);
  let chars = 0;
  for (const [name, value] of sent) {
    if (!isPassedValue(value))
      throw fail('http.malformed', {
        message: `The header ${name} is to be passed on, which takes at most ${PASSED_VALUE_CHARS_MAX} printable ASCII characters`,
      });
    if (own !== null && value.includes(own))
      throw fail('http.malformed', {
        message: `The header ${name} holds the credential for this gateway, which is never passed on`,
      });
    chars += name.length + value.length;
  }
  if (chars > PASSED_CHARS_MAX)
    throw fail('http.malformed', {
      message: `The headers that are to be passed on have more than ${PASSED_CHARS_MAX} characters`,
    });
  return Object.fromEntries(sent);
};

/**
 * Of the headers of a request, name by name with its value, all that may go on to an upstream, for the replica that knows
 * to which one it goes. Throws `http.malformed` for more than may go with one call.
 */
export const passableHeadersOf = (rawHeaders: readonly string[]): readonly string[] => {
  const local = ofThisConnection(rawHeaders);
  const passable: string[] = [];
  let chars = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] as string).toLowerCase();
    if (whyNotPassed(name) !== null || local.includes(name)) continue;
    const value = rawHeaders[index + 1] as string;
    chars += name.length + value.length;
    passable.push(name, value);
  }
  if (chars > PASSED_CHARS_MAX)
    throw fail('http.malformed', {
      message: `The headers that may be passed on have more than ${PASSED_CHARS_MAX} characters`,
    });
  return passable;
};

/** https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1 */
const ofThisConnection = (rawHeaders: readonly string[]): readonly string[] =>
  rawHeaders
    .filter((_, index) => index % 2 === 1 && (rawHeaders[index - 1] as string).toLowerCase() === 'connection')
    .flatMap((value) => value.split(',').map((name) => name.trim().toLowerCase()));
