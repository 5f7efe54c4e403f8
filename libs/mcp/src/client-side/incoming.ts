import { fail, GatewayError } from '#libs/errors';
import { elementsOf } from '../json/elements.js';
import { isObject } from '../json/is-object.js';
import { checkDepth } from '../json/limits.js';
import { membersOf, valueText } from '../json/members.js';

type Json = Readonly<Record<string, unknown>>;

/** One JSON-RPC message from an upstream, read but not rebuilt: what is passed on stays text. */
export interface IncomingResult {
  readonly kind: 'result';
  readonly id: unknown;
  readonly result: Json;
  /** The text of `result`. */
  readonly text: string;
}

export interface IncomingError {
  readonly kind: 'error';
  /** `null` where the upstream could not tell which request it refuses. */
  readonly id: unknown;
  readonly error: { readonly code: number; readonly message: string; readonly data?: unknown };
}

export interface IncomingNotification {
  readonly kind: 'notification';
  readonly method: string;
  readonly params: Json;
  /** The text of the whole message. */
  readonly text: string;
}

export interface IncomingRequest {
  readonly kind: 'request';
  readonly id: string | number;
  readonly method: string;
  readonly params: Json;
  /** The text of `params`; `{}` where there are none. */
  readonly paramsText: string;
}

export type Incoming = IncomingResult | IncomingError | IncomingNotification | IncomingRequest;

/** How deep a message of an upstream may nest: the same as for clients. */
const INCOMING_DEPTH_MAX = 64;

/** Reads one message. Throws `upstream.invalid_answer` for anything that is not one. */
export const readIncoming = (text: string): Incoming => {
  let message: unknown;
  try {
    message = JSON.parse(text);
    checkDepth(text, INCOMING_DEPTH_MAX);
  } catch (error) {
    if (error instanceof GatewayError) throw invalid(`its message is nested deeper than ${INCOMING_DEPTH_MAX}`);
    throw invalid('its message is not JSON');
  }
  if (!isObject(message)) throw invalid('its message is not a JSON-RPC object');
  if (message.jsonrpc !== '2.0') throw invalid('its message is not JSON-RPC 2.0');
  return 'method' in message ? readCall(message, text) : readResponse(message, text);
};

/** The messages of a text that holds one or, as 2025-03-26 allows, an array of them. */
export const readIncomingBatch = (text: string): Incoming[] => {
  if (!/^\s*\[/.test(text)) return [readIncoming(text)];
  try {
    JSON.parse(text);
    checkDepth(text, INCOMING_DEPTH_MAX + 1);
  } catch {
    throw invalid('its message is not JSON');
  }
  return elementsOf(text).map(readIncoming);
};

const readCall = (message: Json, text: string): IncomingRequest | IncomingNotification => {
  const { method, params, id } = message;
  if (typeof method !== 'string') throw invalid('its message has a method that is not a string');
  if (params !== undefined && !isObject(params)) throw invalid('its message has params that are not an object');
  if (id === undefined) return { kind: 'notification', method, params: params ?? {}, text };
  if (typeof id !== 'string' && typeof id !== 'number') throw invalid('its request has no usable id');
  const member = params === undefined ? undefined : readMembers(text).find(({ key }) => key === 'params');
  return { kind: 'request', id, method, params: params ?? {}, paramsText: member ? valueText(text, member) : '{}' };
};

const readResponse = (message: Json, text: string): IncomingResult | IncomingError => {
  const { id, result, error } = message;
  if (error !== undefined && result === undefined) {
    if (!isObject(error) || !Number.isInteger(error.code)) throw invalid('its error has no code');
    const { code, message: told, data } = error;
    const known = { code: code as number, message: typeof told === 'string' ? told : 'The upstream gave no reason' };
    return { kind: 'error', id: id ?? null, error: data === undefined ? known : { ...known, data } };
  }
  if (!isObject(result) || error !== undefined) throw invalid('its message is neither a result nor an error');
  const member = readMembers(text).find(({ key }) => key === 'result');
  if (member === undefined) throw invalid('its message is neither a result nor an error');
  return { kind: 'result', id, result, text: valueText(text, member) };
};

/** The text of a notification's params; `{}` where there are none. */
export const notifiedParams = ({ text }: IncomingNotification): string => {
  const member = readMembers(text).find(({ key }) => key === 'params');
  return member === undefined ? '{}' : valueText(text, member);
};

const readMembers = (text: string) => {
  try {
    return membersOf(text);
  } catch {
    throw invalid('a key stands twice in its message');
  }
};

const invalid = (reason: string): GatewayError =>
  fail('upstream.invalid_answer', { message: `The upstream gave an invalid answer: ${reason}` });
