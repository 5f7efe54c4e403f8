import { ArgumentsRefused, encodeStrictly, hasParts, scalarText } from './encode.js';
import { styledPairs, styledText } from './styles.js';
import { contentText, type Given } from './url.js';

const plain = (text: string): string => text;

/** Tab and the visible characters of ASCII. Whatever else could end the header or mean something else to a server. */
const HEADER_VALUE = /^[\t\u0020-\u007e]*$/;
const COOKIE_VALUE = /^[\u0021\u0023-\u002b\u002d-\u003a\u003c-\u005b\u005d-\u007e]*$/;

/** The headers that arguments make, `Cookie` among them. */
export const headersOf = (given: readonly Given[]): [name: string, value: string][] => {
  const headers: [string, string][] = [];
  for (const [parameter, value] of given) {
    if (parameter.in !== 'header') continue;
    if (hasParts(value) && Object.keys(value).length === 0) continue;
    const text =
      parameter.mediaType === undefined
        ? styledText(parameter.name, value, parameter, plain)
        : contentText(parameter, value);
    headers.push([parameter.name.toLowerCase(), headerValue(parameter.argument, text)]);
  }
  const cookies = given.filter(([parameter]) => parameter.in === 'cookie').flatMap(cookiePairs);
  if (cookies.length > 0) headers.push(['cookie', cookies.join('; ')]);
  return headers;
};

/** Throws `ArgumentsRefused` where the text cannot be the value of a header. */
export const headerValue = (argument: string, text: string): string => {
  if (!HEADER_VALUE.test(text)) {
    throw new ArgumentsRefused(`"${argument}" has a character that a header cannot carry (a line break, say)`);
  }
  return text;
};

const cookiePairs = ([parameter, value]: Given): string[] => {
  if (parameter.style !== 'cookie' && parameter.mediaType === undefined) {
    return styledPairs(parameter.name, value, parameter).map(([name, text]) => `${name}=${text}`);
  }
  if (parameter.mediaType !== undefined) {
    return [`${encodeStrictly(parameter.name)}=${encodeStrictly(contentText(parameter, value))}`];
  }
  // Style `cookie` (3.2) sends values as they are.
  const entries = hasParts(value) && !Array.isArray(value) ? Object.entries(value) : [[parameter.name, value] as const];
  return entries.flatMap(([name, part]) =>
    (Array.isArray(part) ? part : [part]).map((item: unknown) => {
      const text = scalarText(item);
      if (!COOKIE_VALUE.test(text) || !COOKIE_VALUE.test(name)) {
        throw new ArgumentsRefused(`"${parameter.argument}" has a character that a cookie cannot carry`);
      }
      return `${name}=${text}`;
    }),
  );
};
