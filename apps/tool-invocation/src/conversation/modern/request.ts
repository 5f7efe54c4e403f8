import {
  encodeHeaderValue,
  type HeaderMirror,
  META_CLIENT_CAPABILITIES,
  META_CLIENT_INFO,
  META_PROTOCOL_VERSION,
  mirrorHeaders,
  MODERN_REVISION,
} from '#libs/mcp';
import { traceHeaders } from '#libs/telemetry';
import type { OpenCall } from '../../call/open-call.js';
import { CLIENT_INFO } from '../request.js';

const NAMED = new Set(['tools/call', 'prompts/get', 'resources/read', 'tasks/get', 'tasks/update', 'tasks/cancel']);

/** The headers of every request to a 2026-07-28 upstream. */
export const modernHeaders = (method: string): string[] => [
  'mcp-protocol-version',
  MODERN_REVISION,
  'mcp-method',
  method,
];

/**
 * The headers of a call to one: its name, and the parameters that the tool wants mirrored.
 * https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http#standard-request-headers
 */
export const callHeaders = (
  { call: { method, target, passedContext }, paramsText, traceparent }: OpenCall,
  mirrors: readonly HeaderMirror[],
): string[] => {
  const headers = modernHeaders(method);
  if (NAMED.has(method)) headers.push('mcp-name', encodeHeaderValue(target));
  headers.push(...traceHeaders(traceparent, passedContext));
  if (mirrors.length > 0) headers.push(...mirrorHeaders(mirrors, paramsText));
  return headers;
};

/** What every request to one says in its `_meta`. */
export const modernMeta = (capabilities: object): Record<string, unknown> => ({
  [META_PROTOCOL_VERSION]: MODERN_REVISION,
  [META_CLIENT_INFO]: CLIENT_INFO,
  [META_CLIENT_CAPABILITIES]: capabilities,
});
