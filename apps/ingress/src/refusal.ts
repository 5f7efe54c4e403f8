import type { GatewayError } from '#libs/errors';
import { challengeFor } from '#libs/identity';

const RETRY_AFTER_SECONDS = '1';

/** The headers that belong to a refusal: how to get in, or when to come again. */
export const headersFor = (error: GatewayError, httpStatus: number): Record<string, string> => {
  const headers: Record<string, string> = {};
  const scope = error.data?.['scope'];
  const challenge = challengeFor(error, { scope: typeof scope === 'string' ? scope : undefined });
  if (challenge !== null) headers['WWW-Authenticate'] = challenge;
  if (httpStatus === 503 || httpStatus === 429) headers['Retry-After'] = RETRY_AFTER_SECONDS;
  if (httpStatus === 405) headers['Allow'] = 'POST, GET, DELETE';
  if (httpStatus === 413) headers['Connection'] = 'close';
  return headers;
};
