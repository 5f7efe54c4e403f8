import { fail } from '#libs/errors';
import type { Message } from '../port.js';

/**
 * The bytes of a message: a small binary prefix for what routes it, then the head as JSON, then the body as it is.
 * NATS headers would cost more than all of this together.
 *
 *     request   u8 kind, u8 flags, u16 callId bytes, u16 traceparent bytes, u16 -, f64 deadline, u32 head bytes,
 *               u32 id, u32 secret, callId, traceparent, head, body
 *     unit      u8 kind, u8 flags, u16 instance bytes, u32 id, u32 secret, u32 seq, u32 head bytes, instance, head, body
 *     beat      u8 kind, 7 spare, then per call: u32 id, u32 secret, u32 seq sent so far if it waits for credit, else 0
 *     event     u8 kind, payload as JSON
 */
export const REQUEST = 1;
export const REPLY = 2;
export const FAILURE = 3;
export const FRAME = 4;
export const BEAT = 5;
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

export const REQUEST_PREFIX = 28;
export const UNIT_PREFIX = 20;
export const BEAT_PREFIX = 8;
export const BEAT_ENTRY = 12;

export interface RequestParts {
  readonly deadlineAtMs: number;
  readonly id: number;
  readonly secret: number;
  readonly callId: string;
  readonly traceparent: string;
  readonly head: string;
  readonly body: string | undefined;
  readonly stored: boolean;
}

export const encodeRequest = (parts: RequestParts): Buffer => {
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
  bytes.writeDoubleLE(parts.deadlineAtMs, 8);
  bytes.writeUInt32LE(headBytes, 16);
  bytes.writeUInt32LE(parts.id, 20);
  bytes.writeUInt32LE(parts.secret, 24);
  let at = REQUEST_PREFIX;
  at += bytes.write(callId, at);
  at += bytes.write(traceparent, at);
  at += bytes.write(head, at);
  if (body !== undefined) bytes.write(body, at);
  return bytes;
};

export interface ReceivedRequest {
  readonly deadlineAtMs: number;
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
  if (bytes.length < REQUEST_PREFIX || bytes[0] !== REQUEST) return undefined;
  const flags = bytes[1] ?? 0;
  const callIdBytes = bytes.readUInt16LE(2);
  const traceBytes = bytes.readUInt16LE(4);
  const headBytes = bytes.readUInt32LE(16);
  const traceAt = REQUEST_PREFIX + callIdBytes;
  const headAt = traceAt + traceBytes;
  if (headAt + headBytes > bytes.length) return undefined;
  return {
    deadlineAtMs: bytes.readDoubleLE(8),
    id: bytes.readUInt32LE(20),
    secret: bytes.readUInt32LE(24),
    callId: bytes.toString('utf8', REQUEST_PREFIX, traceAt),
    traceparent: traceBytes === 0 ? '' : bytes.toString('latin1', traceAt, headAt),
    stored: (flags & STORED) !== 0,
    headAt,
    headBytes,
    hasBody: (flags & HAS_BODY) !== 0,
  };
};

/** Throws `bus.malformed`. */
export const readMessage = (bytes: Buffer, headAt: number, headBytes: number, hasBody: boolean): Message<unknown> => {
  const bodyAt = headAt + headBytes;
  if (bodyAt > bytes.length) throw fail('bus.malformed');
  let head: unknown;
  try {
    head = JSON.parse(bytes.toString('utf8', headAt, bodyAt));
  } catch (cause) {
    throw fail('bus.malformed', { cause });
  }
  return { head, body: hasBody ? bytes.toString('utf8', bodyAt) : undefined };
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
export const encodeUnit = (parts: UnitParts, head: string, body: string | undefined): Buffer => {
  const headBytes = Buffer.byteLength(head);
  const bodyBytes = body === undefined ? 0 : Buffer.byteLength(body);
  const bytes = Buffer.allocUnsafe(UNIT_PREFIX + parts.instance.length + headBytes + bodyBytes);
  let at = writeUnitPrefix(bytes, parts, body === undefined ? 0 : HAS_BODY, headBytes);
  at += bytes.write(head, at);
  if (body !== undefined) bytes.write(body, at);
  return bytes;
};

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
    const flags = ((unit[1] ?? 0) & HAS_BODY) | (end < unit.length ? MORE : 0) | (at > dataAt ? CONTINUES : 0);
    writeUnitPrefix(part, parts, flags, headBytes);
    unit.copy(part, dataAt, at, end);
    units.push(part);
  }
  return units;
};

export const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
