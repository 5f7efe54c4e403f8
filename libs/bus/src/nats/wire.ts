import { fail } from '#libs/errors';
import type { Body, Message } from '../port.js';

/**
 * The bytes of a message: a small binary prefix for what routes it, then the head as JSON, then the body as it is.
 * NATS headers would cost more than all of this together.
 *
 *     request   u8 kind, u8 flags, u16 callId bytes, u16 traceparent bytes, u16 -, f64 sent at, u32 head bytes,
 *               u32 id, u32 secret, u32 ms left, callId, traceparent, head, body
 *     unit      u8 kind, u8 flags, u16 instance bytes, u32 id, u32 secret, u32 seq, u32 head bytes, instance, head, body
 *     event     u8 kind, payload as JSON
 *
 * "Sent at" is by the clock of the asker that never goes back, the same as `CLOCK` in `notices.ts` tells. The kinds there
 * share the numbers with those here.
 */
export const REQUEST = 13;
/** Of askers before 0.2: f64 deadline (epoch ms) in place of "sent at", and no "ms left". Still answered. */
const DATED_REQUEST = 1;
export const REPLY = 2;
export const FAILURE = 3;
export const FRAME = 4;
export const EVENT = 6;
/** An event or signal too large for one payload: the JSON says where it can be fetched. */
export const STORED_EVENT = 7;

export const HAS_BODY = 1;
/** Request: too large for one payload, head and body wait at the asker under the handle that stands for the head. */
export const STORED = 2;
/** Unit: more parts of this message follow. */
export const MORE = 2;
/** Unit: not the first part of its message. */
export const CONTINUES = 4;
/** Unit: its body was given as bytes. */
export const BYTES = 8;

const REQUEST_PREFIX = 32;
const DATED_REQUEST_PREFIX = 28;
const MS_LEFT_MAX = 2 ** 32 - 1;
export const UNIT_PREFIX = 20;

export interface RequestKey {
  readonly sentAtMs: number;
  readonly leftMs: number;
  readonly id: number;
  readonly secret: number;
}

export interface RequestParts {
  readonly callId: string;
  readonly traceparent: string;
  readonly head: string;
  readonly body: string | undefined;
  readonly stored: boolean;
}

export const encodeRequest = (key: RequestKey, parts: RequestParts): Buffer => {
  const { callId, traceparent, head, body } = parts;
  const callIdBytes = Buffer.byteLength(callId);
  const traceBytes = Buffer.byteLength(traceparent);
  const headBytes = Buffer.byteLength(head);
  const bodyBytes = body === undefined ? 0 : Buffer.byteLength(body);
  const bytes = Buffer.allocUnsafe(REQUEST_PREFIX + callIdBytes + traceBytes + headBytes + bodyBytes);
  bytes[0] = REQUEST;
  bytes[1] = (body === undefined ? 0 : HAS_BODY) | (parts.stored ? STORED : 0);
  bytes.writeUInt16LE(callIdBytes, 2);
  bytes.writeUInt16LE(traceBytes, 4);
  bytes.writeUInt16LE(0, 6);
  bytes.writeDoubleLE(key.sentAtMs, 8);
  bytes.writeUInt32LE(headBytes, 16);
  bytes.writeUInt32LE(key.id, 20);
  bytes.writeUInt32LE(key.secret, 24);
  bytes.writeUInt32LE(Math.min(Math.ceil(key.leftMs), MS_LEFT_MAX), 28);
  let at = REQUEST_PREFIX;
  at += bytes.write(callId, at);
  at += bytes.write(traceparent, at);
  at += bytes.write(head, at);
  if (body !== undefined) bytes.write(body, at);
  return bytes;
};

export interface ReceivedRequest {
  /** By the asker's clock; undefined where the asker is one that tells its deadline as a date. */
  readonly sentAtMs: number | undefined;
  readonly leftMs: number;
  readonly id: number;
  readonly secret: number;
  readonly callId: string;
  readonly traceparent: string;
  readonly stored: boolean;
  readonly headAt: number;
  readonly headBytes: number;
  readonly hasBody: boolean;
}

/** Undefined for what is no request. */
export const readRequest = (bytes: Buffer): ReceivedRequest | undefined => {
  const isDated = bytes[0] === DATED_REQUEST;
  const prefixBytes = isDated ? DATED_REQUEST_PREFIX : REQUEST_PREFIX;
  if (bytes.length < prefixBytes || (bytes[0] !== REQUEST && !isDated)) return undefined;
  const flags = bytes[1] ?? 0;
  const callIdBytes = bytes.readUInt16LE(2);
  const traceBytes = bytes.readUInt16LE(4);
  const headBytes = bytes.readUInt32LE(16);
  const traceAt = prefixBytes + callIdBytes;
  const headAt = traceAt + traceBytes;
  if (headAt + headBytes > bytes.length) return undefined;
  return {
    sentAtMs: isDated ? undefined : bytes.readDoubleLE(8),
    leftMs: isDated ? bytes.readDoubleLE(8) - Date.now() : bytes.readUInt32LE(28),
    id: bytes.readUInt32LE(20),
    secret: bytes.readUInt32LE(24),
    callId: bytes.toString('utf8', prefixBytes, traceAt),
    traceparent: traceBytes === 0 ? '' : bytes.toString('latin1', traceAt, headAt),
    stored: (flags & STORED) !== 0,
    headAt,
    headBytes,
    hasBody: (flags & HAS_BODY) !== 0,
  };
};

/** Throws `bus.malformed`. */
export const readMessage = (bytes: Buffer, headAt: number, headBytes: number, hasBody: boolean): Message<unknown> => {
  const head = readHead(bytes, headAt, headBytes);
  return { head, body: hasBody ? bytes.toString('utf8', headAt + headBytes) : undefined };
};

/** The body of an answer, as what it was given as; `flags` as they stand in its unit. */
export const readBody = (bytes: Buffer, bodyAt: number, flags: number): Body | undefined => {
  if ((flags & HAS_BODY) === 0) return undefined;
  return (flags & BYTES) === 0 ? bytes.toString('utf8', bodyAt) : bytes.subarray(bodyAt);
};

/** Throws `bus.malformed`. */
export const readHead = (bytes: Buffer, headAt: number, headBytes: number): unknown => {
  const bodyAt = headAt + headBytes;
  if (bodyAt > bytes.length) throw fail('bus.malformed');
  try {
    return JSON.parse(bytes.toString('utf8', headAt, bodyAt));
  } catch (cause) {
    throw fail('bus.malformed', { cause });
  }
};

export interface UnitParts {
  readonly kind: number;
  readonly id: number;
  readonly secret: number;
  readonly instance: string;
}

const writeUnitPrefix = (bytes: Buffer, parts: UnitParts, flags: number, headBytes: number): number => {
  bytes[0] = parts.kind;
  bytes[1] = flags;
  bytes.writeUInt16LE(parts.instance.length, 2);
  bytes.writeUInt32LE(parts.id, 4);
  bytes.writeUInt32LE(parts.secret, 8);
  bytes.writeUInt32LE(0, 12);
  bytes.writeUInt32LE(headBytes, 16);
  return UNIT_PREFIX + bytes.write(parts.instance, UNIT_PREFIX, 'latin1');
};

/** The sequence number is written when the unit leaves. */
export const encodeUnit = (parts: UnitParts, head: string, body: Body | undefined): Buffer => {
  const headBytes = Buffer.byteLength(head);
  const bodyBytes = body === undefined ? 0 : Buffer.byteLength(body);
  const bytes = Buffer.allocUnsafe(UNIT_PREFIX + parts.instance.length + headBytes + bodyBytes);
  let at = writeUnitPrefix(bytes, parts, bodyFlags(body), headBytes);
  at += bytes.write(head, at);
  if (typeof body === 'string') bytes.write(body, at);
  else body?.copy(bytes, at);
  return bytes;
};

const bodyFlags = (body: Body | undefined): number =>
  body === undefined ? 0 : typeof body === 'string' ? HAS_BODY : HAS_BODY | BYTES;

/** Cuts a unit into payloads of at most `bytesMax`. */
export const splitUnit = (unit: Buffer, parts: UnitParts, bytesMax: number): Buffer[] => {
  if (unit.length <= bytesMax) return [unit];
  const dataAt = UNIT_PREFIX + parts.instance.length;
  const step = bytesMax - dataAt;
  const headBytes = unit.readUInt32LE(16);
  const units: Buffer[] = [];
  for (let at = dataAt; at < unit.length; at += step) {
    const end = Math.min(at + step, unit.length);
    const part = Buffer.allocUnsafe(dataAt + end - at);
    const flags =
      ((unit[1] ?? 0) & (HAS_BODY | BYTES)) | (end < unit.length ? MORE : 0) | (at > dataAt ? CONTINUES : 0);
    writeUnitPrefix(part, parts, flags, headBytes);
    unit.copy(part, dataAt, at, end);
    units.push(part);
  }
  return units;
};

/** Neither followed by another part of the same message nor following one. */
export const isWhole = (unit: Buffer): boolean => ((unit[1] ?? 0) & (MORE | CONTINUES)) === 0;

export const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
