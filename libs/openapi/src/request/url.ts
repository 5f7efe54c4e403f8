import { essenceOf } from '../document/media-type.js';
import { isNormalisedAway } from '../document/path-template.js';
import type { HttpBinding, ParameterBinding } from './binding.js';
import { ArgumentsRefused, encodeReservedInPath, encodeStrictly, hasParts, scalarText } from './encode.js';
import { type Pair, styledPairs, styledText } from './styles.js';

/** An argument and the parameter that it becomes. */
export type Given = readonly [parameter: ParameterBinding, value: unknown];

/** Leaves what a path of a document may hold; encodes what a URL may not. */
const literal = (text: string): string =>
  text.replaceAll(/[^A-Za-z0-9\-._~!$&'()*+,;=:@/%]/gu, (char) => encodeURIComponent(char.toWellFormed()));

/** The same for a query that stands in the path. https://www.rfc-editor.org/rfc/rfc3986#section-3.4 */
const literalQuery = (text: string): string =>
  text.replaceAll(/[^!$-;=?-~]/gu, (char) => encodeURIComponent(char.toWellFormed()));

/**
 * The URL of a request. No value of a parameter can leave its segment of the path, and none can make a URL parser take a
 * segment away.
 */
export const urlOf = (
  binding: HttpBinding,
  baseUrl: string,
  given: readonly Given[],
  others: readonly Pair[],
): string => {
  const [path = '', ownQuery = ''] = splitOnce(binding.path, '?');
  const filled = pathOf(path, given);
  if (isNormalisedAway(filled)) throw new ArgumentsRefused('A value in the path is made of dots only');
  const pairs = [...queryPairs(given), ...others].map(([name, value]) => `${name}=${value}`);
  const whole = given
    .filter(([parameter]) => parameter.in === 'querystring')
    .map(([parameter, value]) => wholeQuery(parameter, value));
  const query = [literalQuery(ownQuery), ...pairs, ...whole].filter((part) => part !== '').join('&');
  return `${binding.baseUrl ?? baseUrl}${filled}${query === '' ? '' : `?${query}`}`;
};

const splitOnce = (text: string, mark: string): string[] => {
  const at = text.indexOf(mark);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
};

const pathOf = (template: string, given: readonly Given[]): string => {
  const values = new Map(given.filter(([parameter]) => parameter.in === 'path').map((each) => [each[0].name, each]));
  return template
    .split(/(\{[^{}]+\})/)
    .map((part) => (part.startsWith('{') ? placeholder(part.slice(1, -1), values) : literal(part)))
    .join('');
};

const placeholder = (name: string, values: ReadonlyMap<string, Given>): string => {
  const found = values.get(name);
  if (found === undefined) throw new ArgumentsRefused(`"${name}" is missing: the path needs it`);
  const [parameter, value] = found;
  const encode = parameter.allowReserved ? encodeReservedInPath : encodeStrictly;
  const text =
    parameter.mediaType === undefined
      ? styledText(parameter.name, value, parameter, encode)
      : encodeStrictly(contentText(parameter, value));
  if (text === '' || (hasParts(value) ? false : scalarText(value) === '')) {
    throw new ArgumentsRefused(`"${parameter.argument}" is empty: the path needs a value`);
  }
  return text;
};

const queryPairs = (given: readonly Given[]): Pair[] =>
  given
    .filter(([parameter]) => parameter.in === 'query')
    .flatMap(([parameter, value]) =>
      parameter.mediaType === undefined
        ? styledPairs(parameter.name, value, parameter)
        : [[encodeStrictly(parameter.name), encodeStrictly(contentText(parameter, value))] as const],
    );

/** A value written in the media type of its parameter. */
export const contentText = ({ mediaType = '' }: ParameterBinding, value: unknown): string =>
  essenceOf(mediaType).startsWith('text/') ? scalarText(value) : JSON.stringify(value);

/** A parameter that is the whole query (3.2). */
const wholeQuery = (parameter: ParameterBinding, value: unknown): string => {
  if (essenceOf(parameter.mediaType ?? '') !== 'application/x-www-form-urlencoded') {
    return encodeStrictly(contentText(parameter, value));
  }
  if (!hasParts(value) || Array.isArray(value)) throw new ArgumentsRefused(`"${parameter.argument}" is not an object`);
  return Object.entries(value)
    .flatMap(([name, part]) => styledPairs(name, part, { style: 'form', explode: true }))
    .map(([name, text]) => `${name}=${text}`)
    .join('&');
};
