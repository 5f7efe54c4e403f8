import type { GatewayError } from '#libs/errors';
import type { ForwardedMethod, HttpError } from '../../codec.js';
import { toHttpStatus, toRpcError } from '../../failures.js';
import type { RpcError } from '../../text.js';

export const error = (failure: GatewayError): HttpError => ({
  httpStatus: toHttpStatus(failure),
  error: toRpcError(failure),
});

const LEGACY_NOT_FOUND = -32002;
const CAPABILITY_MISSING = -32021;
/** What an upstream says of the hop to it, or in an older revision: never the gateway's word to its own client. */
const OF_ANOTHER_HOP = new Set([-32020, -32022, -32042]);

export const upstreamError = (method: ForwardedMethod, target: string, failure: RpcError): HttpError => {
  if (failure.code === LEGACY_NOT_FOUND) {
    const data = method === 'resources/read' ? { uri: target } : failure.data;
    return { httpStatus: 200, error: { code: -32602, message: failure.message, ...(data !== undefined && { data }) } };
  }
  if (failure.code === CAPABILITY_MISSING) return { httpStatus: 400, error: failure };
  if (OF_ANOTHER_HOP.has(failure.code)) return { httpStatus: 200, error: { code: -32603, message: failure.message } };
  return { httpStatus: 200, error: failure };
};
