import { type GatewayError, catalogue } from '#libs/errors';
import type { RpcError } from './text.js';

/** Failures before anything was handed on: HTTP says so, and the client may repeat the request. */
const NOTHING_SENT = new Set(['bus.no_responders', 'bus.disconnected']);

/** What a failure is as a JSON-RPC error; `reason` and `executed` where the gateway or an upstream failed. */
export const toRpcError = (error: GatewayError): RpcError => {
  const domain = error.code.slice(0, error.code.indexOf('.'));
  const own = domain === 'upstream' || domain === 'bus' || domain === 'platform' || error.rpcCode > 0;
  const data = own ? { ...error.data, reason: error.code, executed: executedOf(error) } : error.data;
  return { code: error.rpcCode, message: error.message, ...(data !== undefined && { data }) };
};

const executedOf = (error: GatewayError): 'no' | 'unknown' => {
  if (error.executed !== undefined) return error.executed;
  return NOTHING_SENT.has(error.code) || error.code.startsWith('http.') || isRefusal(error) ? 'no' : 'unknown';
};

const isRefusal = (error: GatewayError): boolean =>
  error.rpcCode === 4401 || error.rpcCode === 4403 || error.rpcCode === 4503;

/** A status other than 200 promises that nothing was executed. */
export const toHttpStatus = (error: GatewayError): number => {
  if (error.executed === 'unknown') return 200;
  if (NOTHING_SENT.has(error.code)) return 503;
  if (error.code.startsWith('upstream.') || error.code.startsWith('bus.')) return 200;
  return catalogue[error.code].http;
};
