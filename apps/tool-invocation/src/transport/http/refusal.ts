import { fail, type GatewayError, toGatewayError } from '#libs/errors';
import type { Access } from '../channel.js';
import { OperatorReason } from '../reason.js';

/** What stands before the server says so, or the server as a whole. */
export const AWAY: ReadonlySet<number> = new Set([502, 503, 504]);

/** Stands as the cause of a failure: the upstream answered with this HTTP status instead of an MCP message. */
export class HttpRefusal extends OperatorReason {
  constructor(
    readonly status: number,
    /** The beginning of what it said. For judging, never passed on. */
    readonly said: string,
    location: string | undefined,
  ) {
    super(location === undefined ? `HTTP ${status}` : `it leads to ${location}`);
  }
}

/** What of a response without an MCP message says what became of the request. */
export interface RefusalFacts {
  /** The beginning of its body. */
  readonly said?: string;
  readonly retryAfter?: string | undefined;
  readonly location?: string | undefined;
  /** Of a 403: the scopes that a token would need, as `missingScopesOf` its challenge. */
  readonly scopes?: readonly string[];
  /** A credential was sent along. */
  readonly presented?: boolean;
}

/** The failure that an HTTP status without an MCP message stands for. All 4xx come before anything is executed. */
export const refusalOf = (status: number, facts: RefusalFacts = {}): GatewayError => {
  const redirects = status >= 300 && status < 400;
  const cause = new HttpRefusal(status, facts.said ?? '', redirects ? shownLocation(facts.location) : undefined);
  const { scopes = [] } = facts;
  const data = { status, ...retryAfterData(facts.retryAfter), ...(scopes.length > 0 && { scopes }) };
  if (status === 401 || status === 403) {
    const message = facts.presented
      ? wantOf(scopes)
      : `The upstream answered HTTP ${status}; no credential was presented to it`;
    return fail('upstream.unauthorised', { data, cause, executed: 'no', ...(message !== null && { message }) });
  }
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
  const message = `The upstream answered HTTP ${status}${redirects ? ', a redirect that is not followed' : ''}`;
  return fail('upstream.invalid_answer', { message, data, cause, executed: status >= 300 ? 'no' : 'unknown' });
};

const wantOf = (scopes: readonly string[]): string | null =>
  scopes.length === 0 ? null : `The upstream wants what its credential is not good for: the scope ${scopes.join(' ')}`;

/**
 * What a request fails with that was refused for want of scopes: where its person consents to more, if that helps; else the refusal.
 * https://www.rfc-editor.org/rfc/rfc6750#section-3.1
 */
export const askedForMore = async (
  { widen }: Pick<Access, 'widen'>,
  refusal: GatewayError,
  scopes: readonly string[],
): Promise<GatewayError> => {
  if (scopes.length === 0) return refusal;
  try {
    await widen?.(scopes);
    return refusal;
  } catch (error) {
    return toGatewayError(error);
  }
};

const LOCATION_CHARS_MAX = 256;

/** Its query may hold what was presented. */
const shownLocation = (location: string | undefined): string | undefined => {
  if (location === undefined) return undefined;
  const [shown = ''] = location.replace(/^(\w+:\/\/)[^/@]*@/, '$1').split(/[?#]/);
  return shown.slice(0, LOCATION_CHARS_MAX);
};

const RETRY_AFTER_MAX_S = 86_400;

const retryAfterData = (value: string | undefined): { retryAfterMs?: number } => {
  if (value === undefined) return {};
  const seconds = /^\d{1,6}$/.test(value) ? Number(value) : (Date.parse(value) - Date.now()) / 1_000;
  return Number.isFinite(seconds) && seconds >= 0 ? { retryAfterMs: Math.min(seconds, RETRY_AFTER_MAX_S) * 1_000 } : {};
};
