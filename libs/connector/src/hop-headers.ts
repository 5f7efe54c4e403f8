import type { FlatHeaders } from './frames.js';

/** Of one connection, and never passed on. https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1 */
const HOP_BY_HOP = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** One with other characters is no value of a header, and left out. */
const IS_CARRIED = /^[\t\x20-\x7e\x80-\xff]*$/;

/** The headers that go on to the next hop, as a flat list with names in lower case. */
export const onwardHeaders = (
  headers: Readonly<Record<string, string | readonly string[] | undefined>> | FlatHeaders,
): string[] => {
  const named: [string, string | readonly string[] | undefined][] = Array.isArray(headers)
    ? pairsOf(headers as FlatHeaders)
    : Object.entries(headers as Readonly<Record<string, string | readonly string[] | undefined>>);
  const onward: string[] = [];
  for (const [name, values] of named) {
    const lower = name.toLowerCase();
    if (HOP_BY_HOP.has(lower)) continue;
    for (const value of [values ?? []].flat()) if (IS_CARRIED.test(value)) onward.push(lower, value);
  }
  return onward;
};

const pairsOf = (headers: FlatHeaders): [string, string][] => {
  const pairs: [string, string][] = [];
  for (let at = 0; at + 1 < headers.length; at += 2) pairs.push([headers[at] ?? '', headers[at + 1] ?? '']);
  return pairs;
};
