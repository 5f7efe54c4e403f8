import { TemplateRefused } from './limits.js';

/** The part of RFC 6570 that can be read backwards: `{name}`, which holds no slash, and `{+name}`, which may. */
export interface ReadableUriTemplate {
  readonly variables: readonly string[];
  /** The values in a URI, decoded; null where it is none of the template's. */
  valuesIn(uri: string): ReadonlyMap<string, string> | null;
}

const VARIABLES_MAX = 16;
const EXPRESSION = /\{([^{}]*)\}/g;
const NAME = /^(\+?)([A-Za-z_]\w*)$/;
const SCHEME = /^[A-Za-z][A-Za-z0-9+.-]*:/;

interface Gap {
  readonly name: string;
  readonly maySpan: boolean;
  /** What follows it. */
  readonly literal: string;
}

/** https://www.rfc-editor.org/rfc/rfc6570. Throws `TemplateRefused`. */
export const readableUriTemplate = (template: string): ReadableUriTemplate => {
  if (!SCHEME.test(template)) throw new TemplateRefused('It has no scheme');
  const matches = [...template.matchAll(EXPRESSION)];
  if (matches.length === 0 || matches.length > VARIABLES_MAX)
    throw new TemplateRefused(`It has no {variable}, or more than ${VARIABLES_MAX}`);
  const head = template.slice(0, matches[0]?.index);
  const gaps = matches.map(({ index, 0: whole, 1: inside = '' }, at): Gap => {
    const [, plus, name] = NAME.exec(inside) ?? [];
    if (name === undefined)
      throw new TemplateRefused(`${whole.slice(0, 64)} is not supported: only {name} and {+name}`);
    const literal = template.slice(index + whole.length, matches[at + 1]?.index);
    if (literal === '' && at < matches.length - 1)
      throw new TemplateRefused(`Nothing stands between ${whole} and what follows it`);
    return { name, maySpan: plus === '+', literal };
  });
  if (/[{}]/.test(head + gaps.map(({ literal }) => literal).join('')))
    throw new TemplateRefused('A brace is not closed');
  const variables = gaps.map(({ name }) => name);
  if (new Set(variables).size < variables.length) throw new TemplateRefused('A name stands twice');
  return { variables, valuesIn: (uri) => valuesIn(uri, head, gaps) };
};

/** In one pass: each gap takes the shortest text that is followed by the literal after it, the last one all there is. */
const valuesIn = (uri: string, head: string, gaps: readonly Gap[]): ReadonlyMap<string, string> | null => {
  if (!uri.startsWith(head)) return null;
  const values = new Map<string, string>();
  let at = head.length;
  for (const [index, { name, maySpan, literal }] of gaps.entries()) {
    const isLast = index === gaps.length - 1;
    const end = isLast ? uri.length - literal.length : uri.indexOf(literal, at + 1);
    if (end <= at || !uri.startsWith(literal, end)) return null;
    const text = uri.slice(at, end);
    if (!maySpan && text.includes('/')) return null;
    const value = decoded(text);
    if (value === null) return null;
    values.set(name, value);
    at = end + literal.length;
  }
  return values;
};

const decoded = (text: string): string | null => {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
};
