import type { Dispatcher } from 'undici';
import { missingScopesOf } from '#libs/identity';
import { type Access, presentsCredential } from '../channel.js';
import { askedForMore, refusalOf } from './refusal.js';
import { REDIRECTS_MAX, type RequestTarget } from './request-target.js';
import { wireError } from './wire-error.js';

const MESSAGE_MS = 30_000;
const BODY_MS = 1_000;

interface Posted {
  /** Asked for whenever it is sent. */
  readonly headers: () => readonly string[];
  /** None: the session is given up (DELETE). */
  readonly body: string | undefined;
  /** What is shown among the headers. */
  readonly access: Access;
  /** Asked before it is sent again: whether it is still of use. Absent: it always is. */
  readonly isWanted?: () => boolean;
}

/**
 * Sends a message that nothing but an acknowledgement answers; once more where the access token that was shown is refused.
 * Resolves also where it was not wanted any more when it would have been sent again.
 */
export const postMessage = async (pool: Dispatcher, target: RequestTarget, posted: Posted): Promise<void> => {
  const { headers, body, access, isWanted } = posted;
  let isRenewed = false;
  for (let redirects = 0; ; redirects++) {
    if (redirects > 0 && isWanted?.() === false) return;
    const { path } = target;
    const { tokenId } = access;
    let status: number;
    let location: string | undefined;
    let scopes: readonly string[] = [];
    try {
      const response = await pool.request({
        path,
        method: body === undefined ? 'DELETE' : 'POST',
        headers: [...headers()],
        body: body ?? null,
        headersTimeout: MESSAGE_MS,
      });
      status = response.statusCode;
      location = [response.headers['location']].flat()[0];
      if (status === 403) scopes = missingScopesOf([response.headers['www-authenticate']].flat()[0] ?? null);
      // The status has said all: some servers answer by a stream that they leave open.
      await response.body.dump({ limit: 65_536, signal: AbortSignal.timeout(BODY_MS) }).catch(() => {});
    } catch (error) {
      throw wireError(error, 'unknown');
    }
    if (status < 300) return;
    if (status === 401 && tokenId !== undefined && !isRenewed) {
      isRenewed = true;
      if (await access.renew?.(tokenId)) continue;
    }
    if (redirects >= REDIRECTS_MAX || !target.follow(path, status, location))
      throw await askedForMore(
        access,
        refusalOf(status, { location, scopes, presented: presentsCredential(access) }),
        scopes,
      );
  }
};
