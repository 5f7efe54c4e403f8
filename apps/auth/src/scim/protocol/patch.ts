import { invalid } from './scim-error.js';

type Members = Readonly<Record<string, unknown>>;

/** One change: `path` in small letters, without the schema; `match` is what `[value eq "…"]` names. */
export interface Change {
  readonly op: 'add' | 'replace' | 'remove';
  readonly path: string;
  readonly match: string | null;
  readonly value: unknown;
}

const OPERATIONS_MAX = 1_000;
const PATCH = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';
const PATH =
  /^(?:urn:ietf:params:scim:schemas:core:2\.0:(?:User|Group):)?([a-z$]+)(?:\[(value|type|primary) eq "?([^"\]]*)"?\])?((?:\.[a-z]+)?)$/i;

export const isMembers = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * The changes of a PATCH, as clients really send them: operations in any case (Entra: `Replace`), without a path and with a
 * value of several attributes (Okta), some of them with dots (Entra). What is in an extension comes with its path as it is.
 * Throws `invalidSyntax`, `invalidPath`. https://www.rfc-editor.org/rfc/rfc7644#section-3.5.2
 */
export const readPatch = (body: unknown): readonly Change[] => {
  const operations = isMembers(body) ? (body['Operations'] ?? body['operations']) : undefined;
  if (!isMembers(body) || !Array.isArray(operations) || !hasSchema(body['schemas']))
    throw invalid('The body is no PatchOp', 'invalidSyntax');
  if (operations.length > OPERATIONS_MAX) throw invalid(`At most ${OPERATIONS_MAX} operations are taken`, 'tooMany');
  return operations.flatMap(changesOf);
};

const hasSchema = (schemas: unknown): boolean => Array.isArray(schemas) && schemas.includes(PATCH);

const changesOf = (operation: unknown): readonly Change[] => {
  const { op, path, value } = isMembers(operation) ? operation : {};
  const kind = typeof op === 'string' ? op.toLowerCase() : '';
  if (kind !== 'add' && kind !== 'replace' && kind !== 'remove')
    throw invalid('An operation is none of add, replace and remove', 'invalidSyntax');
  if (path !== undefined && typeof path !== 'string') throw invalid('A path is no text', 'invalidPath');
  if (path !== undefined) return [{ op: kind, value, ...placeOf(path) }];
  if (kind === 'remove') throw invalid('An operation removes nothing', 'noTarget');
  if (!isMembers(value)) throw invalid('An operation has neither a path nor attributes', 'invalidSyntax');
  return Object.entries(value).map(([name, member]) => ({ op: kind, value: member, ...placeOf(name) }));
};

const placeOf = (path: string): Pick<Change, 'path' | 'match'> => {
  const [whole, name = '', by = '', match = '', below = ''] = PATH.exec(path) ?? [];
  if (whole === undefined) {
    // Extensions are not kept, and their paths hold dots and colons.
    if (/^urn:[\w:.\-[\] "]+$/i.test(path)) return { path: path.toLowerCase(), match: null };
    throw invalid('A path cannot be read', 'invalidPath');
  }
  return { path: `${name}${below}`.toLowerCase(), match: by.toLowerCase() === 'value' ? match : null };
};

/** Entra writes flags as texts. Throws `invalidValue`. */
export const flagOf = (value: unknown): boolean => {
  const flag = typeof value === 'string' ? value.toLowerCase() : value;
  if (flag === true || flag === 'true') return true;
  if (flag === false || flag === 'false') return false;
  throw invalid('active is neither true nor false');
};
