import { fail, type GatewayError } from '#libs/errors';

/** Stands as the cause of a failure: the upstream answered with this HTTP status instead of an MCP message. */
export class HttpRefusal extends Error {
  constructor(
    readonly status: number,
    /** The beginning of what it said. For judging, never passed on. */
    readonly said: string,
  ) {
    super(`HTTP ${status}`);
  }
}

/** The failure that an HTTP status without an MCP message stands for. All 4xx come before anything is executed. */
export const refusalOf = (status: number, said: string, retryAfter: string | undefined): GatewayError => {
  const cause = new HttpRefusal(status, said);
  const data = { status, ...retryAfterData(retryAfter) };
  if (status === 401 || status === 403) return fail('upstream.unauthorised', { data, cause, executed: 'no' });
  if (status === 429)
    return fail('upstream.busy', { message: 'The upstream is limiting calls', data, cause, executed: 'no' });
  if (status >= 500) {
    return fail('upstream.unreachable', {
      message: `The upstream answered HTTP ${status}`,
      data,
      cause,
      executed: 'unknown',
    });
  }
  const redirects = status >= 300 && status < 400;
  const message = `The upstream answered HTTP ${status}${redirects ? '; redirects are not followed' : ''}`;
  return fail('upstream.invalid_answer', { message, data, cause, executed: status >= 300 ? 'no' : 'unknown' });
};

const RETRY_AFTER_MAX_S = 86_400;

const retryAfterData = (value: string | undefined): { retryAfterMs?: number } => {
  if (value === undefined) return {};
  const seconds = /^\d{1,6}$/.test(value) ? Number(value) : (Date.parse(value) - Date.now()) / 1_000;
  return Number.isFinite(seconds) && seconds >= 0 ? { retryAfterMs: Math.min(seconds, RETRY_AFTER_MAX_S) * 1_000 } : {};
};
