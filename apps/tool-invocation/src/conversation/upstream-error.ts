import { fail, GatewayError } from '#libs/errors';
import { type IncomingError, isObject, INVALID_PARAMS } from '#libs/mcp';
import type { OpenCall } from '../call/open-call.js';

/** Names what went wrong while an answer was read. By then the call may have run. */
export const toUpstreamError = (error: unknown): GatewayError =>
  error instanceof GatewayError
    ? error.executed
      ? error
      : fail(error.code, { message: error.message, executed: 'unknown', cause: error.cause })
    : fail('upstream.invalid_answer', { executed: 'unknown', cause: error });

/** The failure of an answer that breaks the protocol. `reason` continues the sentence "... an invalid answer: ". */
export const invalidAnswer = (reason: string): GatewayError =>
  fail('upstream.invalid_answer', { message: `The upstream gave an invalid answer: ${reason}`, executed: 'unknown' });

/**
 * "Resource not found" as 2026-07-28 writes it; earlier revisions have a code of their own.
 * https://modelcontextprotocol.io/specification/2026-07-28/server/resources#error-handling
 */
export const resourceNotFound = (call: OpenCall, error: IncomingError['error']): IncomingError['error'] => ({
  code: INVALID_PARAMS,
  message: error.message,
  data: { ...(isObject(error.data) ? error.data : {}), uri: call.call.target },
});
