import type { GatewayError } from '#libs/errors';
import type { ForwardedMethod, HttpError } from './codec.js';
import { toHttpStatus, toRpcError } from './failures.js';
import type { RpcError } from './text.js';

/** Not found, before 2026-07-28. https://modelcontextprotocol.io/specification/2025-11-25/server/resources#error-handling */
const RESOURCE_NOT_FOUND = -32002;

/** Revisions with sessions answer an unknown method in-band. */
export const sessionError = (error: GatewayError): HttpError => {
  const rpc = toRpcError(error);
  if (error.code === 'mcp.method_unknown') return { httpStatus: 200, error: rpc };
  if (error.code === 'registry.resource_unknown')
    return { httpStatus: 200, error: { ...rpc, code: RESOURCE_NOT_FOUND } };
  return { httpStatus: toHttpStatus(error), error: rpc };
};

/** Codes that only a newer revision defines. */
const NEWER = new Set([-32020, -32021, -32022]);

export const sessionUpstreamError = (method: ForwardedMethod, error: RpcError): HttpError => {
  if (NEWER.has(error.code)) return { httpStatus: 200, error: { code: -32603, message: error.message } };
  const notFound = method === 'resources/read' && error.code === -32602 && isResourceMissing(error);
  return { httpStatus: 200, error: notFound ? { ...error, code: RESOURCE_NOT_FOUND } : error };
};

/** A modern upstream names the URI it does not have; other invalid params do not. */
const isResourceMissing = (error: RpcError): boolean =>
  typeof error.data === 'object' && error.data !== null && 'uri' in error.data;
