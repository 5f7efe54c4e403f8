import { type GatewayError, fail } from '#libs/errors';
import { elementsOf } from '../json/elements.js';
import { isObject } from '../json/is-object.js';
import { measure } from '../json/limits.js';
import { type Member, membersOf, valueText } from '../json/members.js';

/** One JSON-RPC message as a client posted it: what it is, and where its parts stand in the text. */
export type ClientMessage = ClientRequest | ClientNotification | ClientResponse | InvalidMessage;

/** A request of a client. */
export interface ClientRequest {
  readonly kind: 'request';
  /** The id as it was written, so that it is echoed digit by digit. */
  readonly idText: string;
  readonly method: string;
  readonly params: Params;
}

/** A notification of a client, which nothing answers. */
export interface ClientNotification {
  readonly kind: 'notification';
  readonly method: string;
  readonly params: Params;
}

/** What a client answers to a request of the server. */
export interface ClientResponse {
  readonly kind: 'response';
  readonly id: string;
  readonly result: unknown;
  readonly error: { readonly code: number; readonly message: string; readonly data?: unknown } | null;
}

/** What is no JSON-RPC message; it costs no message beside it in a batch. */
export interface InvalidMessage {
  readonly kind: 'invalid';
  /** `null` where no id could be read. */
  readonly idText: string | null;
  readonly error: GatewayError;
}

/** The parameters of a message, parsed and as they stand in its text. */
export interface Params {
  readonly value: Readonly<Record<string, unknown>>;
  /** `{}` when the message has none. */
  readonly text: string;
  readonly members: readonly Member[];
}

/**
 * Several messages in one text, which 2025-03-26 alone has.
 * https://modelcontextprotocol.io/specification/2025-03-26/basic#batching
 */
export interface Batch {
  readonly kind: 'batch';
  readonly messages: readonly ClientMessage[];
}

const DEPTH_MAX = 64;
const ENVELOPE_KEYS_MAX = 64;
const BATCH_MAX = 100;
const ID_LENGTH_MAX = 1_024;
const INTEGER = /^-?(?:0|[1-9]\d*)$/;

/** Optional params that some clients write as `null` where they have none. */
const ABSENT_WHEN_NULL: readonly string[] = ['_meta', 'arguments', 'cursor'];

const NO_PARAMS: Params = { value: {}, text: '{}', members: [] };

type JsonObject = Readonly<Record<string, unknown>>;

const invalid = (idText: string | null, message?: string): InvalidMessage => ({
  kind: 'invalid',
  idText,
  error: fail('mcp.invalid_request', message === undefined ? undefined : { message }),
});

/** Reads a body. Throws `mcp.malformed_json` for what is not JSON, `mcp.invalid_request` for what is too much of it. */
export const readBody = (text: string): ClientMessage | Batch => {
  measure(text, DEPTH_MAX);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw fail('mcp.malformed_json');
  }
  if (!Array.isArray(value)) return readMessage(text, value);
  if (value.length === 0 || value.length > BATCH_MAX) return invalid(null, `A batch holds 1 to ${BATCH_MAX} messages`);
  const texts = elementsOf(text);
  return { kind: 'batch', messages: value.map((element, at) => readMessage(texts[at] as string, element)) };
};

const readMessage = (text: string, value: unknown): ClientMessage => {
  if (!isObject(value)) return invalid(null);
  if (Object.keys(value).length > ENVELOPE_KEYS_MAX) return invalid(null, 'Too many members');
  let members: Member[];
  try {
    members = membersOf(text);
  } catch (error) {
    return { kind: 'invalid', idText: null, error: error as GatewayError };
  }
  const idMember = memberOf(members, 'id');
  const idText = idMember === undefined ? undefined : readId(valueText(text, idMember), value['id']);
  if (idText === null) return invalid(null, 'id must be a string or an integer');
  if (value['jsonrpc'] !== '2.0') return invalid(idText ?? null, 'jsonrpc must be "2.0"');
  if (!Object.hasOwn(value, 'method')) return readResponse(value, idText);
  const method = value['method'];
  if (typeof method !== 'string' || method === '' || !isPlainName(method)) {
    return invalid(idText ?? null, 'method must be a string');
  }
  let params: Params;
  try {
    params = readParams(text, members, value['params']);
  } catch (error) {
    return { kind: 'invalid', idText: idText ?? null, error: error as GatewayError };
  }
  return idText === undefined ? { kind: 'notification', method, params } : { kind: 'request', idText, method, params };
};

/** `null`: not an id that could be given back unchanged. */
const readId = (text: string, value: unknown): string | null => {
  if (typeof value === 'string') return value.length <= ID_LENGTH_MAX && value.isWellFormed() ? text : null;
  return typeof value === 'number' && text.length <= ID_LENGTH_MAX && INTEGER.test(text) ? text : null;
};

const readParams = (text: string, members: readonly Member[], value: unknown): Params => {
  const member = memberOf(members, 'params');
  if (member === undefined || value === null) return NO_PARAMS;
  if (!isObject(value)) throw fail('mcp.invalid_request', { message: 'params must be an object' });
  if (Object.keys(value).length > ENVELOPE_KEYS_MAX) throw fail('mcp.invalid_request', { message: 'Too many params' });
  const paramsText = valueText(text, member);
  const params = { value, text: paramsText, members: membersOf(paramsText) };
  for (const key of ABSENT_WHEN_NULL) if (value[key] === null) return withoutNulls(params);
  return params;
};

const memberOf = (members: readonly Member[], key: string): Member | undefined => {
  for (const member of members) if (member.key === key) return member;
  return undefined;
};

const withoutNulls = ({ value, text, members }: Params): Params => {
  const isThere = (key: string): boolean => value[key] !== null || !ABSENT_WHEN_NULL.includes(key);
  return {
    value: Object.fromEntries(Object.entries(value).filter(([key]) => isThere(key))),
    text,
    members: members.filter(({ key }) => isThere(key)),
  };
};

const readResponse = (value: JsonObject, idText: string | undefined): ClientMessage => {
  const error = value['error'];
  const hasResult = Object.hasOwn(value, 'result') && (value['result'] !== null || !isObject(error));
  if (idText === undefined || hasResult === isObject(error)) return invalid(idText ?? null);
  const id = String(value['id']);
  if (!isObject(error)) return { kind: 'response', id, result: value['result'], error: null };
  const { code, message, data } = error;
  if (typeof code !== 'number' || typeof message !== 'string') return invalid(idText);
  return { kind: 'response', id, result: undefined, error: { code, message, ...(data !== undefined && { data }) } };
};

const CONTROL = /\p{Cc}/u;

/** A name that may stand in a header, a log line or a table: no control characters, no half surrogate pair. */
export const isPlainName = (name: string): boolean => name.isWellFormed() && !CONTROL.test(name);

/** The params' text with some members replaced by another text, or removed (`null`). The rest stays byte for byte. */
export const editParams = (params: Params, changes: Readonly<Record<string, string | null>>): string => {
  const { text, members } = params;
  let edited = '';
  for (const member of members) {
    const change = Object.hasOwn(changes, member.key) ? changes[member.key] : undefined;
    if (change === null) continue;
    const part =
      change === undefined ? text.slice(member.start, member.end) : `${JSON.stringify(member.key)}:${change}`;
    edited = edited === '' ? part : `${edited},${part}`;
  }
  return `{${edited}}`;
};

/** The text of one param, or `undefined`. */
export const paramText = (params: Params, key: string): string | undefined => {
  const member = params.members.find((candidate) => candidate.key === key);
  return member === undefined ? undefined : params.text.slice(member.valueStart, member.end);
};
