import type { GatewayError } from '#libs/errors';
import type { CarriedJson } from '../../json/carried.js';
import { GATEWAY_META } from '../../gateway-way.js';
import { INTERNAL_ERROR, INVALID_PARAMS, MODERN_ERRORS, RESOURCE_NOT_FOUND } from '../../jsonrpc-codes.js';
import type { ForwardedMethod, HttpError, NeutralResult, ServerCapabilities } from '../codec.js';
import { toHttpStatus, toRpcError } from '../failures.js';
import { type JsonParts, type RpcError, withMembersBehind } from '../text.js';

/** Results of the revisions with sessions: the upstream's body, and `_meta` where there is any. */
export const plainResult = (body: CarriedJson, meta: NeutralResult['meta']): JsonParts =>
  withMembersBehind(body, meta === undefined ? '' : `"_meta":${JSON.stringify(meta)}`);

export const plainList = (member: string, definitions: readonly string[], nextCursor: string | null): string => {
  const cursor = nextCursor === null ? '' : `,"nextCursor":${JSON.stringify(nextCursor)}`;
  return `{"${member}":[${definitions.join(',')}]${cursor}}`;
};

/** The InitializeResult, but for what differs between revisions. */
export const initializeResult = (
  revision: string,
  capabilities: object,
  server: ServerCapabilities,
  about: string,
): string => {
  const instructions = server.instructions === null ? '' : `,"instructions":${JSON.stringify(server.instructions)}`;
  const meta = server.gatewayId === undefined ? '' : `,"_meta":{"${GATEWAY_META}":"${server.gatewayId}"}`;
  return `{"protocolVersion":"${revision}","capabilities":${JSON.stringify(capabilities)},"serverInfo":${about}${instructions}${meta}}`;
};

/** The gateway filters log messages per session itself, so `logging` is always offered. */
export const sessionCapabilities = (server: ServerCapabilities, completions: boolean): object => ({
  tools: { listChanged: true },
  prompts: { listChanged: true },
  resources: { listChanged: true, subscribe: server.subscribe },
  logging: {},
  ...(completions && server.completions && { completions: {} }),
});

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
