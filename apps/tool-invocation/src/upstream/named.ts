import { fail, GatewayError } from '#libs/errors';

/** What went wrong while an answer was read: by then the call may have run. */
export const named = (error: unknown): GatewayError =>
  error instanceof GatewayError
    ? error.executed
      ? error
      : fail(error.code, { message: error.message, executed: 'unknown', cause: error.cause })
    : fail('upstream.invalid_answer', { executed: 'unknown', cause: error });
