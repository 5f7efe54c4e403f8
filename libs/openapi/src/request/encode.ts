/** The arguments cannot become a request. Its message is for whoever called the tool. */
export class ArgumentsRefused extends Error {
  override readonly name = 'ArgumentsRefused';
}

const byteEncoded = (char: string): string => `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;

/** Everything outside `A-Z a-z 0-9 - . _ ~` in percent form. https://www.rfc-editor.org/rfc/rfc3986#section-2.3 */
export const encodeStrictly = (text: string): string =>
  encodeURIComponent(text.toWellFormed()).replaceAll(/[!'()*]/g, byteEncoded);

/** `allowReserved`: leaves what has a meaning to the server alone, except what would end the value or the query. */
export const encodeReserved = (text: string): string =>
  encodeStrictly(text).replaceAll(/%(3A|2F|3F|40|21|24|27|28|29|2A|2C|3B|3D)/g, (triplet) =>
    decodeURIComponent(triplet),
  );

/** In a path a slash or a question mark would lead elsewhere. */
export const encodeReservedInPath = (text: string): string =>
  encodeStrictly(text).replaceAll(/%(3A|40|21|24|27|28|29|2A|2C|3B|3D)/g, (triplet) => decodeURIComponent(triplet));

/** A value that has no parts, as text: numbers as they were written, booleans as words, `null` as nothing. */
export const scalarText = (value: unknown): string => {
  if (typeof value === 'string') return value;
  if (value === null || value === undefined) return '';
  return JSON.stringify(value);
};

/** Has the value members or items? A number that was kept as it was written has none. */
export const hasParts = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !isRawNumber(value);

interface RawJson {
  isRawJSON(value: unknown): boolean;
  rawJSON(text: string): object;
}

const raw = JSON as unknown as RawJson;

export const isRawNumber = (value: unknown): boolean => raw.isRawJSON(value);

/**
 * Arguments with every number kept as it was written: an id of 19 digits must not be rounded on its way. Each such number
 * is an object that `JSON.stringify` writes as the original text.
 */
export const parseExactly = (text: string): unknown =>
  JSON.parse(text, (_key, value: unknown, context?: { source?: string }) =>
    typeof value === 'number' && context?.source !== undefined && context.source !== String(value)
      ? raw.rawJSON(context.source)
      : value,
  );

const LONG_NUMBER = /\d{16}/;

/** May the text hold a number that a double cannot? */
export const mayRound = (text: string): boolean => LONG_NUMBER.test(text);
