import { fail, GatewayError, toGatewayError } from '#libs/errors';
import { type CarriedJson, textOf } from '../json/carried.js';
import { scanObject } from '../json/byte-scan.js';
import { elementsOf } from '../json/elements.js';
import { isObject } from '../json/is-object.js';
import { DEPTH_MAX, checkDepth } from '../json/limits.js';
import { type Member, memberAmong, membersOf, valueText } from '../json/members.js';
import { LongResult, RESOURCE_LINK } from './long-result.js';

type Json = Readonly<Record<string, unknown>>;

/** One JSON-RPC message from an upstream, read but not rebuilt: what is passed on stays text. */
export interface IncomingResult {
  readonly kind: 'result';
  readonly id: unknown;
  readonly result: Json;
  /** Its members, of which the value of a long one may be missing: what says something about the result itself is there. */
  readonly seen: Json;
  /** The text of `result`. */
  readonly text: string;
  /** How deep the message nests. Lists may be deeper than what is passed on: see `assertRelayable`. */
  readonly depth: number;
}

/** An error answer of an upstream. */
export interface IncomingError {
  readonly kind: 'error';
  /** `null` where the upstream could not tell which request it refuses. */
  readonly id: unknown;
  readonly error: { readonly code: number; readonly message: string; readonly data?: unknown };
}

/** A notification of an upstream. */
export interface IncomingNotification {
  readonly kind: 'notification';
  readonly method: string;
  readonly params: Json;
  /** The text of the whole message. */
  readonly text: string;
}

/** A request of an upstream, which it waits for an answer to. */
export interface IncomingRequest {
  readonly kind: 'request';
  readonly id: string | number;
  readonly method: string;
  readonly params: Json;
  /** The text of `params`; `{}` where there are none. */
  readonly paramsText: string;
}

/** A JSON-RPC message of an upstream. https://www.jsonrpc.org/specification */
export type Incoming = IncomingResult | IncomingError | IncomingNotification | IncomingRequest;

/** A list is cut into its entries, of which each has a limit of its own. */
const RESULT_DEPTH_MAX = 4_096;

/** Reads one message. Throws `upstream.invalid_answer` for anything that is not one. */
export const readIncoming = (source: string): Incoming => {
  // Some servers begin a message with the mark of a file.
  const text = source.charCodeAt(0) === BYTE_ORDER_MARK ? source.slice(1) : source;
  let message: unknown;
  let depth: number;
  try {
    message = JSON.parse(text);
    depth = checkDepth(text, RESULT_DEPTH_MAX).depth;
  } catch (error) {
    if (error instanceof GatewayError) throw tooDeep(RESULT_DEPTH_MAX);
    throw invalid('its message is not JSON');
  }
  if (!isObject(message)) throw invalid('its message is not a JSON-RPC object');
  if (message.jsonrpc !== '2.0') throw invalid('its message is not JSON-RPC 2.0');
  if ('method' in message) {
    if (depth > DEPTH_MAX) throw tooDeep(DEPTH_MAX);
    return readCall(message, text);
  }
  return readResponse(message, text, depth);
};

const BYTE_ORDER_MARK = 0xfeff;

/** Throws `upstream.invalid_answer` where a result nests too deep to be passed on. */
export const assertRelayable = ({ depth }: IncomingResult): void => {
  if (depth > DEPTH_MAX) throw tooDeep(DEPTH_MAX);
};

/** Something between the messages that is none. */
export interface Stray {
  /** What it answers, as far as it can be told. */
  readonly id: unknown;
  readonly error: GatewayError;
}

/**
 * The messages of a text that holds one or, as 2025-03-26 allows, an array of them. What is none is told apart, so that
 * it costs no other. Throws only what a callback throws.
 */
export const readMessages = (
  json: CarriedJson,
  onMessage: (message: Incoming) => void,
  onStray: (stray: Stray) => void,
): void => {
  const long = readLongResult(json);
  if (long !== undefined) return onMessage(long);
  let text: string;
  try {
    text = textOf(json);
  } catch (error) {
    return onStray({ id: undefined, error: toGatewayError(error) });
  }
  for (const part of /^\s*\[/.test(text) ? partsOf(text, onStray) : [text]) {
    let message: Incoming;
    try {
      message = readIncoming(part);
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      onStray({ id: idIn(part), error });
      continue;
    }
    onMessage(message);
  }
};

/** The bytes of a message that is plainly a result; `undefined` where its text has to be looked at. */
const readLongResult = (json: CarriedJson): LongResult | undefined => {
  if (typeof json === 'string') return undefined;
  const scanned = scanObject(json, DEPTH_MAX, { into: 'result', word: RESOURCE_LINK });
  if (scanned?.inner === undefined || scanned.members.length !== ENVELOPE.length) return undefined;
  const [jsonrpc, id, result] = ENVELOPE.map((name) => scanned.members.find(({ key }) => key === name));
  if (jsonrpc === undefined || id === undefined || result === undefined) return undefined;
  const read = ({ valueStart, end }: Member): unknown => JSON.parse(json.toString('utf8', valueStart, end));
  if (read(jsonrpc) !== '2.0') return undefined;
  const from = result.valueStart;
  const members = scanned.inner.map(({ key, start, valueStart, end }) => ({
    key,
    start: start - from,
    valueStart: valueStart - from,
    end: end - from,
  }));
  return new LongResult(idOf(read(id)), json.subarray(from, result.end), members, scanned.depth, scanned.mayHold);
};

const ENVELOPE = ['jsonrpc', 'id', 'result'];

const partsOf = (text: string, onStray: (stray: Stray) => void): string[] => {
  try {
    JSON.parse(text);
    checkDepth(text, RESULT_DEPTH_MAX + 1);
    return elementsOf(text);
  } catch {
    onStray({ id: undefined, error: invalid('its message is not JSON') });
    return [];
  }
};

const idIn = (text: string): unknown => {
  try {
    const message: unknown = JSON.parse(text);
    return isObject(message) && !('method' in message) ? idOf(message.id) : undefined;
  } catch {
    return undefined;
  }
};

/** The gateway's ids are numbers; some servers write them as text. */
const idOf = (id: unknown): unknown => (typeof id === 'string' && /^[1-9]\d{0,14}$/.test(id) ? Number(id) : id);

const readCall = (message: Json, text: string): IncomingRequest | IncomingNotification => {
  const { method, params, id } = message;
  if (typeof method !== 'string') throw invalid('its message has a method that is not a string');
  if (params !== undefined && params !== null && !isObject(params))
    throw invalid('its message has params that are not an object');
  if (id === undefined || (id === null && method.startsWith('notifications/')))
    return { kind: 'notification', method, params: params ?? {}, text };
  if (typeof id !== 'string' && typeof id !== 'number') throw invalid('its request has no usable id');
  const member = isObject(params) ? readMember(text, message, 'params') : undefined;
  return { kind: 'request', id, method, params: params ?? {}, paramsText: member ? valueText(text, member) : '{}' };
};

/** A member that is `null` counts as absent. */
const readResponse = (message: Json, text: string, depth: number): IncomingResult | IncomingError => {
  const { result } = message;
  const error = message.error ?? undefined;
  const id = idOf(message.id);
  if (error !== undefined && (result === undefined || result === null)) {
    if (!isObject(error) || !Number.isInteger(error.code)) throw invalid('its error has no code');
    if (depth > DEPTH_MAX) throw tooDeep(DEPTH_MAX);
    const { code, message: told, data } = error;
    const known = { code: code as number, message: typeof told === 'string' ? told : 'The upstream gave no reason' };
    return { kind: 'error', id: id ?? null, error: data === undefined ? known : { ...known, data } };
  }
  if (!isObject(result) || error !== undefined) throw invalid('its message is neither a result nor an error');
  const member = readMember(text, message, 'result');
  if (member === undefined) throw invalid('its message is neither a result nor an error');
  return { kind: 'result', id, result, seen: result, text: valueText(text, member), depth };
};

/** The text of a notification's params; `{}` where there are none. */
export const notifiedParams = ({ text }: IncomingNotification): string => {
  const member = readMembers(text).find(({ key }) => key === 'params');
  return member === undefined || valueText(text, member) === 'null' ? '{}' : valueText(text, member);
};

const readMembers = (text: string) => {
  try {
    return membersOf(text);
  } catch {
    throw invalid('a key stands twice in its message');
  }
};

const readMember = (text: string, message: Json, key: string): Member | undefined => {
  try {
    return memberAmong(text, message, key);
  } catch {
    throw invalid('a key stands twice in its message');
  }
};

const tooDeep = (depthMax: number): GatewayError => invalid(`its message is nested deeper than ${depthMax}`);

const invalid = (reason: string): GatewayError =>
  fail('upstream.invalid_answer', { message: `The upstream gave an invalid answer: ${reason}` });
