import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { type Bus, InjectBus } from '#libs/bus';
import type { UpstreamTokenState } from '#contracts/auth/oauth/describe-upstream-tokens.request';
import type { OAuthClient } from '#contracts/auth/oauth/oauth-client';
import type { PresentedToken } from '#contracts/auth/upstream-credential.request';
import { GatewayError, fail, isFailureCode, toGatewayError } from '#libs/errors';
import { InjectLogger, type Logger } from '#libs/telemetry';
import { TOKEN_REQUEST_MS, requestAccessToken } from './access-token.js';
import { TOKEN_STORE, type TokenStore } from './token-store.js';
import { type KnownToken, type Lease, UpstreamTokenRepository } from './upstream-token.repository.js';

/** A lease outlives the longest attempt, so that a second one means that the first died. */
const LEASE_MS = TOKEN_REQUEST_MS + 4_000;
const WAIT_MS = TOKEN_REQUEST_MS + 1_000;
const POLL_MS = 100;
/** After a failure the authorization server is left alone for this. */
const FAILURE_PAUSE_MS = 5_000;
/** A token that is refused although it is newer than this is not got again: another would be refused as well. */
const REFUSED_AGE_MIN_MS = 5_000;
/** Renewed this long before its end, or when a fifth of its life is left, whichever is later. */
const AHEAD_MAX_MS = 5 * 60_000;
/** One that ends sooner is not shown any more: the request with it has to arrive. */
const ENDS_MIN_MS = 2_000;

/** Whose token, and by which credential. */
export interface TokenOwner {
  readonly upstreamId: string;
  readonly credentialVersion: string;
  readonly client: OAuthClient;
}

export interface ShownToken extends PresentedToken {
  readonly value: string;
}

/**
 * The access tokens that upstreams are shown: got when first needed, renewed ahead of their end, once for all replicas.
 * While a renewal fails, a token that is still good goes on being shown.
 */
@Injectable()
export class UpstreamTokenService implements OnApplicationShutdown {
  private readonly renewing = new Map<string, Promise<ShownToken>>();

  constructor(
    private readonly rows: UpstreamTokenRepository,
    @Inject(TOKEN_STORE) private readonly store: TokenStore,
    @InjectBus() private readonly bus: Bus,
    @InjectLogger() private readonly logger: Logger,
  ) {}

  /** `refused`: the id of a token that the upstream refused. Rejects with `upstream.…`, or `auth.unavailable`. */
  async present(owner: TokenOwner, refused?: string): Promise<ShownToken> {
    const known = await this.rows.find(owner.upstreamId);
    const shown = await this.usable(owner, known);
    const isRefused = shown !== null && shown.id === refused && (known?.ageMs ?? 0) > REFUSED_AGE_MIN_MS;
    if (shown !== null && !isRefused && shown.askAgainInMs > 0) return shown;
    const fallback = isRefused ? null : shown;
    const failure = failureOf(owner, known);
    if (failure !== null) {
      if (fallback !== null) return { ...fallback, askAgainInMs: FAILURE_PAUSE_MS };
      throw failure;
    }
    return this.renewOnce(owner, known?.attempts ?? 0).catch((error: unknown) => {
      if (fallback === null) throw error;
      return { ...fallback, askAgainInMs: FAILURE_PAUSE_MS };
    });
  }

  async states(upstreamIds: readonly string[]): Promise<Readonly<Record<string, UpstreamTokenState>>> {
    const rows = await this.rows.states(upstreamIds);
    return Object.fromEntries(
      rows.map(({ upstreamId, tokenId, obtainedAt, expiresAt, failure, failedAt }) => [
        upstreamId,
        {
          obtainedAt: tokenId === null ? null : (obtainedAt?.toISOString() ?? null),
          expiresAt: tokenId === null ? null : (expiresAt?.toISOString() ?? null),
          failure: failure?.message ?? null,
          failedAt: failedAt?.toISOString() ?? null,
        },
      ]),
    );
  }

  async forget(upstreamId: string): Promise<void> {
    if ((await this.rows.find(upstreamId)) === null) return;
    await this.store.forget(upstreamId);
    await this.rows.forget(upstreamId);
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.allSettled(this.renewing.values());
    await this.store.close();
  }

  /** What is kept, as long as it is good. */
  private async usable({ upstreamId, credentialVersion }: TokenOwner, known: KnownToken | null) {
    if (known === null || known.tokenId === null || known.credentialVersion !== credentialVersion) return null;
    const { tokenId, endsInMs } = known;
    if (endsInMs !== null && endsInMs < ENDS_MIN_MS) return null;
    const value = await this.store.read(upstreamId, known);
    return value === null ? null : shownToken(value, tokenId, endsInMs, known.ageMs ?? 0);
  }

  /** Once at a time in this process; `lease` sees to the others. */
  private renewOnce(owner: TokenOwner, attempts: number): Promise<ShownToken> {
    const key = `${owner.upstreamId} ${owner.credentialVersion}`;
    let renewal = this.renewing.get(key);
    if (renewal === undefined) {
      renewal = this.renew(owner, attempts).finally(() => this.renewing.delete(key));
      this.renewing.set(key, renewal);
    }
    return renewal;
  }

  private async renew(owner: TokenOwner, seen: number): Promise<ShownToken> {
    const { upstreamId, credentialVersion } = owner;
    const lease = { upstreamId, credentialVersion, leaseId: randomUUID() };
    const untilMs = performance.now() + WAIT_MS;
    while (performance.now() < untilMs) {
      if (await this.rows.lease(lease, seen, LEASE_MS)) return this.obtain(owner, lease);
      const known = await this.rows.find(upstreamId);
      if ((known?.attempts ?? 0) !== seen) {
        // Another replica has just tried.
        const shown = await this.usable(owner, known);
        if (shown !== null) return shown;
        const failure = failureOf(owner, known);
        if (failure !== null) throw failure;
        return this.renew(owner, known?.attempts ?? 0);
      }
      await delay(POLL_MS);
    }
    throw fail('upstream.unreachable', { message: 'The authorization server did not answer in time', executed: 'no' });
  }

  private async obtain({ upstreamId, client }: TokenOwner, lease: Lease): Promise<ShownToken> {
    const { upstreamId: id } = lease;
    try {
      const { value, lifeMs } = await requestAccessToken(client, this.bus);
      const tokenId = randomUUID();
      const sealed = await this.store.keep(id, tokenId, value);
      const isKept = await this.rows.succeed(lease, { tokenId, lifeMs, sealed });
      // Whoever forgot the upstream meanwhile has not seen this token.
      if (!isKept && (await this.rows.find(id)) === null) await this.store.forget(id);
      this.logger.info({ upstreamId, lifeMs }, 'an access token for an upstream was obtained');
      return shownToken(value, tokenId, lifeMs, 0);
    } catch (error) {
      const { code, message } = toGatewayError(error);
      this.logger.warn({ upstreamId, code, reason: message }, 'no access token for an upstream was to be had');
      await this.rows.fail(lease, { code, message });
      throw error;
    }
  }
}

const shownToken = (value: string, id: string, endsInMs: number | null, ageMs: number): ShownToken => {
  if (endsInMs === null) return { value, id, endsInMs, askAgainInMs: Number.MAX_SAFE_INTEGER };
  const aheadMs = Math.min(AHEAD_MAX_MS, (endsInMs + ageMs) / 5);
  return { value, id, endsInMs, askAgainInMs: endsInMs - aheadMs };
};

/** Why there is no token, where that was found out just now. */
const failureOf = ({ credentialVersion }: TokenOwner, known: KnownToken | null): GatewayError | null => {
  if (known === null || known.failure === null) return null;
  if (known.failedAgoMs === null || known.failedAgoMs > FAILURE_PAUSE_MS) return null;
  // The credential has been given anew since.
  if (known.credentialVersion !== credentialVersion) return null;
  const { code, message } = known.failure;
  return fail(isFailureCode(code) ? code : 'upstream.unauthorised', { message, executed: 'no' });
};
