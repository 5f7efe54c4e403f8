import type { GatewayError } from '#libs/errors';

const RETRY_AFTER_SECONDS = 1;
const MINUTE_MS = 60_000;

/**
 * When to come again after a 503 or 429 and, for the share of a caller, team or tool, which limit it was.
 * https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/ (draft 10)
 */
export const retryHeaders = ({ data = {} }: GatewayError): Record<string, string> => {
  const { retryAfterMs, limitOf, kind, limit, windowMs = MINUTE_MS } = data;
  const seconds = typeof retryAfterMs === 'number' ? Math.max(1, Math.ceil(retryAfterMs / 1_000)) : RETRY_AFTER_SECONDS;
  const headers: Record<string, string> = { 'Retry-After': String(seconds) };
  if (typeof limitOf !== 'string' || typeof limit !== 'number') return headers;
  headers['RateLimit'] = `"${limitOf}";r=0;t=${seconds}`;
  const unit = kind === 'rate' ? `w=${Number(windowMs) / 1_000}` : 'qu="concurrent-requests"';
  headers['RateLimit-Policy'] = `"${limitOf}";q=${limit};${unit}`;
  return headers;
};
