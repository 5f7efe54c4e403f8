import { GatewayError } from '#libs/errors';

/**
 * Stands among the causes of a failure: why it came to it, in words for whoever runs the gateway. It may name addresses and
 * programs, so clients are never told.
 */
export class OperatorReason extends Error {}

const DEPTH_MAX = 6;
const CHARS_MAX = 1_024;

/** What the causes of a failure say beyond its message; `null` where they say no more. */
export const reasonOf = (error: GatewayError): string | null => {
  const told = [error.message];
  let cause: unknown = error.cause;
  for (let depth = 0; depth < DEPTH_MAX && cause instanceof Error; depth++) {
    const { message } = cause;
    if (isTelling(cause) && !told.some((text) => text.includes(message))) told.push(message);
    cause = next(cause);
  }
  return told.length === 1 ? null : told.slice(1).join(': ').slice(0, CHARS_MAX);
};

/** Of addresses that were tried one after the other, the first tells. */
const next = (cause: Error): unknown => (cause instanceof AggregateError ? cause.errors[0] : cause.cause);

/** Errors of the system and of the connection have a code. */
const isTelling = (cause: Error & { readonly code?: unknown }): boolean =>
  cause.message !== '' &&
  (cause instanceof OperatorReason || cause instanceof GatewayError || typeof cause.code === 'string');

/** A failure as it is told to whoever runs the gateway. */
export const withReason = (error: GatewayError): GatewayError => {
  const reason = reasonOf(error);
  if (reason === null) return error;
  return new GatewayError(error.code, {
    message: `${error.message}: ${reason}`,
    ...(error.data && { data: error.data }),
    ...(error.executed && { executed: error.executed }),
    cause: error.cause,
  });
};
