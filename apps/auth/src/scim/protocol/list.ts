import { invalid } from './scim-error.js';

export const COUNT_MAX = 200;
const COUNT = 100;

/** What a client may ask of a list. */
export interface ScimQuery {
  readonly filter?: string;
  readonly startIndex?: string;
  readonly count?: string;
  readonly attributes?: string;
  readonly excludedAttributes?: string;
}

const QUERY: ReadonlySet<string> = new Set(['filter', 'startIndex', 'count', 'attributes', 'excludedAttributes']);

/** Which part of a list. */
export interface Page {
  /** From 0. */
  readonly skip: number;
  readonly limit: number;
}

/** Throws `invalidValue` for what is not known here, sorting among it. https://www.rfc-editor.org/rfc/rfc7644#section-3.4.2 */
export const checkQuery = (query: object): void => {
  const unknown = Object.entries(query).find(([name, value]) => !QUERY.has(name) || typeof value !== 'string');
  if (unknown !== undefined) throw invalid(`The query parameter ${unknown[0].slice(0, 64)} is not supported`);
};

/** https://www.rfc-editor.org/rfc/rfc7644#section-3.4.2.4 */
export const pageOf = ({ startIndex, count }: ScimQuery): Page => ({
  skip: Math.max(1, wholeOf(startIndex, 1)) - 1,
  limit: Math.min(COUNT_MAX, Math.max(0, wholeOf(count, COUNT))),
});

const wholeOf = (text: string | undefined, fallback: number): number => {
  if (text === undefined || text === '') return fallback;
  if (!/^-?\d{1,9}$/.test(text)) throw invalid('startIndex and count are whole numbers');
  return Number(text);
};

export const listOf = (resources: readonly object[], total: number, { skip }: Page): object => ({
  schemas: ['urn:ietf:params:scim:api:messages:2.0:ListResponse'],
  totalResults: total,
  startIndex: skip + 1,
  itemsPerPage: resources.length,
  Resources: resources,
});

const ALWAYS: ReadonlySet<string> = new Set(['schemas', 'id']);

/** Whether an attribute is wanted at all. */
export const wants = ({ attributes, excludedAttributes }: ScimQuery, name: string): boolean => {
  const among = (list: string): boolean =>
    list.split(',').some((item) => item.trim().toLowerCase().split('.', 1)[0] === name.toLowerCase());
  if (attributes !== undefined && attributes !== '') return among(attributes);
  return excludedAttributes === undefined || !among(excludedAttributes);
};

/** A resource with the attributes that are wanted. */
export const projected = (resource: object, query: ScimQuery): object =>
  Object.fromEntries(Object.entries(resource).filter(([name]) => ALWAYS.has(name) || wants(query, name)));
