import { type GatewayError, toGatewayError } from '#libs/errors';
import { asObject, LEGACY_REVISIONS, serverCodec } from '#libs/mcp';
import { answerJson, refusalHeaders } from '#libs/mcp-http';
import type { HttpExchange, RefusalRecords } from '../http-exchange.js';

const CODEC = serverCodec(LEGACY_REVISIONS[0]);
const INTERNAL_ERROR = -32_603;
/** The codes of JSON-RPC itself. Those of MCP mean something else in A2A. */
const isOfJsonRpc = (code: number): boolean => code <= -32_600 && code >= -32_768;

/** An error as A2A has it: what it is called, for programs. https://a2a-protocol.org/v1.0.0/specification/#95-error-handling */
export const errorResponse = (idText: string | null, code: number, message: string, reason: string): string => {
  const detail = { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason, domain: domainOf(reason) };
  return `{"jsonrpc":"2.0","id":${idText ?? 'null'},"error":${JSON.stringify({ code, message, data: [detail] })}}`;
};

/** A failure of the gateway as one. */
export const failureResponse = (idText: string | null, failure: GatewayError): string => {
  const { code, message } = CODEC.error(failure).error;
  return errorResponse(idText, isOfJsonRpc(code) ? code : INTERNAL_ERROR, message, failure.code);
};

/** What a request of MCP was answered with, the error of a JSON-RPC response, as one. */
export const answeredResponse = (idText: string | null, error: unknown): string => {
  const { code, message, data } = asObject(error);
  const { reason } = asObject(data);
  const known = Number(code);
  const words = typeof message === 'string' ? message : '';
  return errorResponse(
    idText,
    isOfJsonRpc(known) ? known : INTERNAL_ERROR,
    words,
    typeof reason === 'string' ? reason : '',
  );
};

/** Answers a request that never became a call. */
export const refuseA2a = (
  { request, response, endpoint }: HttpExchange,
  thrown: unknown,
  idText: string | null,
  { refusals, logger }: RefusalRecords,
): void => {
  const failure = toGatewayError(thrown);
  refusals.unread(request, endpoint, failure);
  if (failure.code === 'platform.internal') logger.error({ err: thrown }, 'a request failed');
  if (response.headersSent || response.destroyed) return void response.destroy();
  const { httpStatus } = CODEC.error(failure);
  answerJson(response, httpStatus, failureResponse(idText, failure), refusalHeaders(failure, httpStatus));
  if (!request.complete) request.resume();
};

const domainOf = (reason: string): string => (/^[A-Z_]+$/.test(reason) ? 'a2a-protocol.org' : 'switchyard');
