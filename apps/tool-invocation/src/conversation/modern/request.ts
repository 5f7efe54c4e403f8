import {
  encodeHeaderValue,
  type HeaderMirror,
  META_CLIENT_CAPABILITIES,
  META_CLIENT_INFO,
  META_LOG_LEVEL,
  META_PROTOCOL_VERSION,
  mirrorHeaders,
  MODERN_REVISION,
} from '#libs/mcp';
import { addTraceHeaders } from '#libs/telemetry';
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
  addTraceHeaders(headers, traceparent, passedContext);
  if (mirrors.length > 0) headers.push(...mirrorHeaders(mirrors, paramsText));
  return headers;
};

/** What every request to one says in its `_meta`. */
export const modernMeta = (capabilities: object): Record<string, unknown> => ({
  [META_PROTOCOL_VERSION]: MODERN_REVISION,
  [META_CLIENT_INFO]: CLIENT_INFO,
  [META_CLIENT_CAPABILITIES]: capabilities,
});

/** What of it is the same in every call, as JSON up to the capabilities. */
const KNOWN = JSON.stringify(modernMeta({})).slice(0, -'{}}'.length);

/** The `_meta` of a call, as JSON; `id`: what its progress is told by, where that is wanted. */
export const callMeta = ({ call, traceparent, logLevel, wantsProgress }: OpenCall, id: number): string => {
  const { meta, client, passedContext } = call;
  const capabilities = JSON.stringify(client.capabilities);
  const text = `${KNOWN}${capabilities},"traceparent":"${traceparent}"}`;
  if (meta === undefined && passedContext === undefined && logLevel === undefined && !wantsProgress) return text;
  return JSON.stringify({
    ...meta,
    ...modernMeta(client.capabilities),
    traceparent,
    ...passedContext,
    ...(logLevel !== undefined && { [META_LOG_LEVEL]: logLevel }),
    ...(wantsProgress && { progressToken: id }),
  });
};
