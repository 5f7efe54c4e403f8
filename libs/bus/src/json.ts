import { type Executed, fail, toEnvelope } from '#libs/errors';
import type { Body } from './port.js';

/** Throws `bus.malformed` for what JSON cannot hold (too deep, cyclic, a bigint). */
export const toJson = (value: unknown, executed: Executed = 'no'): string => {
  try {
    return JSON.stringify(value) ?? 'null';
  } catch (cause) {
    throw fail('bus.malformed', { executed, cause });
  }
};

/** A failure as it crosses the bus; data that JSON cannot hold stays behind. */
export const failureToJson = (thrown: unknown): string => {
  const envelope = toEnvelope(thrown);
  try {
    return toJson(envelope);
  } catch {
    return toJson({ ...envelope, data: undefined });
  }
};

/** Whether head and body together stay below the limit; counts bytes only when the length in characters leaves doubt. */
export const fits = (head: string, body: Body | undefined, bytesMax: number): boolean => {
  const chars = head.length + (body?.length ?? 0);
  if (chars * 3 <= bytesMax) return true;
  if (chars > bytesMax) return false;
  return Buffer.byteLength(head) + (body === undefined ? 0 : Buffer.byteLength(body)) <= bytesMax;
};
