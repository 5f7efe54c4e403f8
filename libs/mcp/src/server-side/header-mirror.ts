import { fail } from '#libs/errors';
import { type HeaderBag, singleHeaderValue } from './header-value.js';

/** A header mirror that a tool declares with `x-mcp-header`. */
export interface MirroredParam {
  readonly header: string;
  readonly path: readonly string[];
  readonly type: 'string' | 'integer' | 'boolean';
}

const mismatch = (header: string, problem: string) =>
  fail('mcp.header_mismatch', { message: `Header mismatch: ${header} ${problem}` });

/**
 * Refuses a request whose `header` is not the mirror of `expected`.
 * https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http#server-validation
 */
export const checkMirror = (headers: HeaderBag, header: string, expected: string, encoded: boolean): void => {
  const raw = singleHeaderValue(headers, header);
  if (raw === undefined) throw mismatch(header, 'is missing');
  const value = encoded ? decodeValue(raw) : raw;
  if (value === null) throw mismatch(header, 'is not valid base64');
  if (value !== expected) throw mismatch(header, 'differs from the body');
};

/** Throws `mcp.header_mismatch` where the `Mcp-Param-*` headers of a call do not mirror the arguments that its tool declares. */
export const checkParamMirrors = (
  params: readonly MirroredParam[],
  callArguments: unknown,
  headers: HeaderBag,
): void => {
  for (const param of params) {
    const header = `mcp-param-${param.header.toLowerCase()}`;
    const value = valueAt(callArguments, param.path);
    if (value === undefined || value === null) {
      if (headers[header] !== undefined) throw mismatch(header, 'has no counterpart in the body');
      continue;
    }
    const raw = singleHeaderValue(headers, header);
    if (raw === undefined) throw mismatch(header, 'is missing');
    const mirrored = decodeValue(raw);
    if (mirrored === null || !isMirror(mirrored, value)) throw mismatch(header, 'differs from the body');
  }
};

const valueAt = (value: unknown, path: readonly string[]): unknown => {
  let found = value;
  for (const key of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, key)) return undefined;
    found = (found as Record<string, unknown>)[key];
  }
  return found;
};

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

const isMirror = (mirrored: string, value: unknown): boolean => {
  if (typeof value === 'number') return NUMBER.test(mirrored) && Number(mirrored) === value;
  if (typeof value === 'boolean') return mirrored === String(value);
  return mirrored === value;
};

const PREFIX = '=?base64?';
const SUFFIX = '?=';
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** `null`: marked as base64 but not valid as such. Without both markers the text is meant literally. */
export const decodeValue = (value: string): string | null => {
  if (!value.startsWith(PREFIX) || !value.endsWith(SUFFIX) || value.length < PREFIX.length + SUFFIX.length)
    return value;
  const encoded = value.slice(PREFIX.length, -SUFFIX.length);
  if (!BASE64.test(encoded)) return null;
  try {
    const bytes = Uint8Array.from(atob(encoded), (char) => char.charCodeAt(0));
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
};
