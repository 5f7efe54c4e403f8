import { fail, GatewayError } from '#libs/errors';
import { NOT_CONNECTED } from '#libs/resilience';

/** A failure of the connection or of what came over it, named. */
export const wireError = (error: unknown, executed: 'no' | 'unknown'): GatewayError => {
  const thrown = error instanceof AggregateError ? error.errors[0] : error;
  if (thrown instanceof GatewayError) {
    return thrown.executed ? thrown : fail(thrown.code, { message: thrown.message, executed, cause: thrown.cause });
  }
  const code = (thrown as NodeJS.ErrnoException | null)?.code ?? '';
  if (executed === 'no' || NOT_CONNECTED.has(code))
    return fail('upstream.unreachable', { executed: 'no', cause: thrown });
  if (
    code.startsWith('HPE_') ||
    code === 'UND_ERR_HEADERS_OVERFLOW' ||
    code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH'
  ) {
    return fail('upstream.invalid_answer', { message: 'The upstream sent malformed HTTP', executed, cause: thrown });
  }
  return fail('upstream.closed', { executed, cause: thrown });
};
