import { invalid } from './scim-error.js';

/** One comparison: an attribute, in small letters, and what it has to be. */
export interface Comparison {
  readonly attribute: string;
  readonly value: string | boolean;
}

const CHARS_MAX = 1_024;
const COMPARISONS_MAX = 10;
/** `emails[type eq "work"].value` is `emails.value` here: everybody has one address. */
const TERM =
  /^\s*(?:urn:ietf:params:scim:schemas:core:2\.0:(?:User|Group):)?([a-z]+(?:\.[a-z]+)?)(?:\[type eq "[^"]*"\](\.value)?)?\s+eq\s+("(?:[^"\\]|\\.)*"|true|false)\s*/i;
const AND = /^and\s+/i;

/**
 * Reads a filter of comparisons by `eq`, joined by `and`; attributes and operators are written in any case. Throws
 * `invalidFilter` for any other. https://www.rfc-editor.org/rfc/rfc7644#section-3.4.2.2
 */
export const parseFilter = (filter: string, attributes: readonly string[]): readonly Comparison[] => {
  if (filter.length > CHARS_MAX) throw invalid('The filter is too long', 'invalidFilter');
  const comparisons: Comparison[] = [];
  let rest = filter;
  for (;;) {
    const [whole = '', name = '', below = '', literal = ''] = TERM.exec(rest) ?? [];
    if (whole === '') throw unfit('it is more than comparisons by eq, joined by and');
    const attribute = `${name}${below}`.toLowerCase();
    if (!attributes.includes(attribute)) throw unfit(`${attribute} is none of ${attributes.join(', ')}`);
    comparisons.push({ attribute, value: valueOf(literal) });
    rest = rest.slice(whole.length);
    if (rest === '') return comparisons;
    const [and = ''] = AND.exec(rest) ?? [];
    if (and === '' || comparisons.length >= COMPARISONS_MAX) throw unfit('it is more than comparisons, joined by and');
    rest = rest.slice(and.length);
  }
};

const unfit = (why: string) => invalid(`The filter is not supported: ${why}`, 'invalidFilter');

const valueOf = (literal: string): string | boolean => {
  try {
    return JSON.parse(literal.startsWith('"') ? literal : literal.toLowerCase()) as string | boolean;
  } catch {
    throw unfit('a text in it cannot be read');
  }
};
