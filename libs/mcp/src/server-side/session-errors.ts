import type { GatewayError } from '#libs/errors';
import { INTERNAL_ERROR, INVALID_PARAMS, MODERN_ERRORS, RESOURCE_NOT_FOUND } from '../jsonrpc-codes.js';
import type { ForwardedMethod, HttpError } from './codec.js';
import { toHttpStatus, toRpcError } from './failures.js';
import type { RpcError } from './text.js';

/** Revisions with sessions answer an unknown method in-band. */
export const sessionError = (error: GatewayError): HttpError => {
  const rpc = toRpcError(error);
  if (error.code === 'mcp.method_unknown') return { httpStatus: 200, error: rpc };
  if (error.code === 'registry.resource_unknown')
    return { httpStatus: 200, error: { ...rpc, code: RESOURCE_NOT_FOUND } };
  return { httpStatus: toHttpStatus(error), error: rpc };
};

export const sessionUpstreamError = (method: ForwardedMethod, error: RpcError): HttpError => {
  if (MODERN_ERRORS.has(error.code))
    return { httpStatus: 200, error: { code: INTERNAL_ERROR, message: error.message } };
  const notFound = method === 'resources/read' && error.code === INVALID_PARAMS && isResourceMissing(error);
  return { httpStatus: 200, error: notFound ? { ...error, code: RESOURCE_NOT_FOUND } : error };
};

/** A modern upstream names the URI it does not have; other invalid params do not. */
const isResourceMissing = (error: RpcError): boolean =>
  typeof error.data === 'object' && error.data !== null && 'uri' in error.data;
