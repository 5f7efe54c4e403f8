import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { UpstreamTokenState } from '#contracts/auth/oauth/describe-upstream-tokens.request';
import type { PresentedToken } from '#contracts/auth/upstream-credential.request';
import { GatewayError, fail, isFailureCode, toGatewayError } from '#libs/errors';
import { InjectLogger, type Logger } from '#libs/telemetry';
import { TOKEN_REQUEST_MS } from './access-token.js';
import { TOKEN_STORE, type TokenStore } from './token-store.js';
import type { TokenFailure } from './upstream-token.entity.js';
import {
  type KnownToken,
  type Lease,
  type MadeOf,
  type NewConsent,
  type TokenKey,
  UpstreamTokenRepository,
} from './upstream-token.repository.js';

/** A lease outlives the longest attempt, so that a second one means that the first died. */
const LEASE_MS = TOKEN_REQUEST_MS + 4_000;
const WAIT_MS = TOKEN_REQUEST_MS + 1_000;
const POLL_MS = 100;
/** After a failure the authorization server is left alone for this. */
const FAILURE_PAUSE_MS = 5_000;
/** A token that is refused although it is newer than this is not got again: another would be refused as well. */
const REFUSED_AGE_MIN_MS = 5_000;
/** A renewed one that is refused while it is no older than this would be refused however often it is renewed. */
const RENEWED_REFUSED_MS = 60_000;
/** Renewed this long before its end, or when a fifth of its life is left, whichever is later. */
const AHEAD_MAX_MS = 5 * 60_000;
/** One that ends sooner is not shown any more: the request with it has to arrive. */
const ENDS_MIN_MS = 2_000;

/** What is kept: the token alone, or a person's grant with it. */
export interface ObtainedToken {
  readonly text: string;
  /** Null: the authorization server does not say. */
  readonly lifeMs: number | null;
}

/** What of a kept text is shown. */
interface ReadToken {
  readonly value: string;
  /** Without anybody. */
  readonly isRenewable: boolean;
  /** It took the place of one that a person had consented to. */
  readonly isRenewed: boolean;
}

/** Whose token, by which credential, and how it is got. */
export interface TokenOwner extends TokenKey {
  readonly credentialVersion: string;
  /** Gets another by what is kept. A failure with the code `upstream.consent_needed` says that there will be none. */
  obtain(kept: string | null): Promise<ObtainedToken>;
  /** Null: it is not this one's to show. */
  read(text: string): ReadToken | null;
  /** Of a person's own: there is none without their consent. `why`: what became of the last one. Absent: anybody may get one. */
  readonly consentNeeded?: (why: string | null) => GatewayError;
  /** The token that it is exchanged for; absent: it is no exchanged one. */
  readonly madeOf?: MadeOf;
}

export interface ShownToken extends PresentedToken {
  readonly value: string;
  /** What is kept of it. */
  readonly text: string;
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
    @InjectLogger() private readonly logger: Logger,
  ) {}

  /** `refused`: the id of a token that the upstream refused. Rejects with `upstream.…`, or `auth.unavailable`. */
  async present(owner: TokenOwner, refused?: string): Promise<ShownToken> {
    const known = await this.rows.find(owner);
    this.checkConsent(owner, known);
    const shown = await this.usable(owner, known);
    if (shown?.id === refused) await this.checkAccepted(owner, shown, known?.ageMs);
    const isRefused = shown !== null && shown.id === refused && (known?.ageMs ?? 0) > REFUSED_AGE_MIN_MS;
    if (shown !== null && !isRefused && shown.askAgainInMs > 0) return shown;
    const fallback = isRefused ? null : shown;
    const failure = failureOf(owner, known);
    if (failure !== null) {
      if (fallback !== null) return { ...fallback, askAgainInMs: FAILURE_PAUSE_MS };
      throw failure;
    }
    return this.renewOnce(owner, known?.attempts ?? 0, fallback === null).catch((error: unknown) => {
      if (fallback === null) throw error;
      return { ...fallback, askAgainInMs: FAILURE_PAUSE_MS };
    });
  }

  /** Keeps what a person has consented to. False: the credential is another one by now. */
  async begin(key: TokenKey, consent: Omit<NewConsent, 'token'>, { text, lifeMs }: ObtainedToken): Promise<boolean> {
    const tokenId = randomUUID();
    const sealed = await this.store.keep(key, tokenId, text);
    const isKept = await this.rows.begin(key, { ...consent, token: { tokenId, lifeMs, sealed } });
    if (!isKept) await this.store.forget(key);
    return isKept;
  }

  /** What is kept of a person's grant, whether or not its token is over; null: nothing that can be read. */
  async kept(key: TokenKey): Promise<string | null> {
    const known = await this.rows.find(key);
    return known === null || known.tokenId === null ? null : this.store.read(key, known);
  }

  /** `userEmail`: whose own; empty: those that are shown for all callers. */
  async states(
    upstreamIds: readonly string[],
    userEmail: string,
  ): Promise<Readonly<Record<string, UpstreamTokenState>>> {
    const rows = await this.rows.states(upstreamIds, userEmail);
    return Object.fromEntries(
      rows.map(({ upstreamId, tokenId, obtainedAt, expiresAt, failure, failedAt }) => [
        upstreamId,
        {
          obtainedAt: tokenId === null ? null : (obtainedAt?.toISOString() ?? null),
          expiresAt: tokenId === null ? null : (expiresAt?.toISOString() ?? null),
          failure: failure?.message ?? null,
          failedAt: failedAt?.toISOString() ?? null,
          ...(userEmail !== '' && needsReauth(tokenId, failure) && { needsReauth: true as const }),
        },
      ]),
    );
  }

  /** All of one person at an upstream, or of everybody; without an address what is shown for all callers. */
  async forget(upstreamId: string, userEmail?: string): Promise<void> {
    for (const key of await this.rows.keys(upstreamId, userEmail)) {
      await this.store.forget(key);
      await this.rows.forget(key);
    }
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.allSettled(this.renewing.values());
    await this.store.close();
  }

  /**
   * A token that was refused just after it was renewed is one of an authorization server that the upstream does not trust any more, or
   * of a grant that it has ended. Throws `upstream.consent_needed`.
   */
  private async checkAccepted(owner: TokenOwner, shown: ShownToken | null, ageMs: number | null = 0): Promise<void> {
    if (shown === null || owner.consentNeeded === undefined || (ageMs ?? 0) > RENEWED_REFUSED_MS) return;
    if (owner.read(shown.text)?.isRenewed !== true) return;
    const message = 'the upstream does not take a token that was just renewed';
    await this.rows.refuse(owner, shown.id, { code: 'upstream.consent_needed', message });
    throw owner.consentNeeded(message);
  }

  /** Throws `upstream.consent_needed` where a person has no token, and will have none by itself. */
  private checkConsent({ consentNeeded, credentialVersion }: TokenOwner, known: KnownToken | null): void {
    if (consentNeeded === undefined) return;
    if (known === null || known.credentialVersion !== credentialVersion) throw consentNeeded(null);
    if (known.tokenId === null) throw consentNeeded(known.failure?.message ?? null);
  }

  /** What is kept, as long as it is good. */
  private async usable(owner: TokenOwner, known: KnownToken | null): Promise<ShownToken | null> {
    if (known === null || known.tokenId === null || known.credentialVersion !== owner.credentialVersion) return null;
    const { tokenId, endsInMs, subjectEndsInMs } = known;
    if (endsInMs !== null && endsInMs < ENDS_MIN_MS) return null;
    const text = await this.store.read(owner, known);
    const ageMs = known.ageMs ?? 0;
    return text === null ? null : shownToken(owner, { text, id: tokenId, endsInMs, subjectEndsInMs, ageMs });
  }

  /** Once at a time in this process; `lease` sees to the others. `isLast`: there is no token until then. */
  private renewOnce(owner: TokenOwner, attempts: number, isLast: boolean): Promise<ShownToken> {
    const key = `${owner.upstreamId} ${owner.userEmail} ${owner.credentialVersion} ${owner.subject ?? ''}`;
    let renewal = this.renewing.get(key);
    if (renewal === undefined) {
      renewal = this.renew(owner, attempts, isLast).finally(() => this.renewing.delete(key));
      this.renewing.set(key, renewal);
    }
    return renewal;
  }

  private async renew(owner: TokenOwner, seen: number, isLast: boolean): Promise<ShownToken> {
    const { upstreamId, userEmail, subject, credentialVersion, madeOf } = owner;
    const lease: Lease = {
      upstreamId,
      userEmail,
      credentialVersion,
      leaseId: randomUUID(),
      ...(subject !== undefined && { subject }),
      ...(madeOf !== undefined && { madeOf }),
    };
    const untilMs = performance.now() + WAIT_MS;
    while (performance.now() < untilMs) {
      if (await this.rows.lease(lease, seen, LEASE_MS)) return this.obtain(owner, lease, isLast);
      const known = await this.rows.find(owner);
      if ((known?.attempts ?? 0) !== seen) {
        // Another replica has just tried.
        this.checkConsent(owner, known);
        const shown = await this.usable(owner, known);
        if (shown !== null) return shown;
        const failure = failureOf(owner, known);
        if (failure !== null) throw failure;
        return this.renew(owner, known?.attempts ?? 0, isLast);
      }
      await delay(POLL_MS);
    }
    throw fail('upstream.unreachable', { message: 'The authorization server did not answer in time', executed: 'no' });
  }

  private async obtain(owner: TokenOwner, lease: Lease, isLast: boolean): Promise<ShownToken> {
    const { upstreamId } = owner;
    try {
      const { text, lifeMs } = await owner.obtain(await this.kept(owner));
      const tokenId = randomUUID();
      const sealed = await this.store.keep(owner, tokenId, text);
      const isKept = await this.rows.succeed(lease, { tokenId, lifeMs, sealed });
      // Whoever forgot the upstream meanwhile has not seen this token.
      if (!isKept && (await this.rows.find(owner)) === null) await this.store.forget(owner);
      // Whoever ended the token that it was exchanged for has not seen it either.
      if (!isKept && owner.madeOf !== undefined && (await this.rows.hasEnded(owner.madeOf))) throw endedMeanwhile();
      this.logger.info({ upstreamId, lifeMs }, 'an access token for an upstream was obtained');
      const subjectEndsInMs = owner.madeOf === undefined ? null : owner.madeOf.endsAtMs - Date.now();
      return shownToken(owner, { text, id: tokenId, endsInMs: lifeMs, subjectEndsInMs, ageMs: 0 }) as ShownToken;
    } catch (error) {
      const { code, message, data } = toGatewayError(error);
      this.logger.warn({ upstreamId, code, reason: message }, 'no access token for an upstream was to be had');
      // One that is good until its end goes on being shown.
      const isOver = code === 'upstream.consent_needed' && isLast;
      const ofExchange = owner.madeOf !== undefined && { needsReauth: data?.['state'] === 'needs_reauth' };
      const { unknownClientId } = data ?? {};
      const ofClient = typeof unknownClientId === 'string' && { unknownClientId };
      await this.rows.fail(lease, { code, message, ...ofExchange, ...ofClient }, isOver);
      throw code === 'upstream.consent_needed' ? (owner.consentNeeded?.(message) ?? error) : error;
    }
  }
}

const endedMeanwhile = (): GatewayError =>
  fail('upstream.unauthorised', {
    message: 'The token that was exchanged for this upstream ended meanwhile: sign in again',
    data: { state: 'needs_reauth' },
    executed: 'no',
  });

/** Without a failure there is none yet: the first is being got. */
const needsReauth = (tokenId: string | null, failure: TokenFailure | null): boolean =>
  failure !== null && (failure.needsReauth ?? tokenId === null);

interface KeptToken {
  readonly text: string;
  readonly id: string;
  readonly endsInMs: number | null;
  readonly subjectEndsInMs: number | null;
  readonly ageMs: number;
}

const shownToken = (
  owner: TokenOwner,
  { text, id, endsInMs, subjectEndsInMs, ageMs }: KeptToken,
): ShownToken | null => {
  const read = owner.read(text);
  if (read === null) return null;
  const { value, isRenewable } = read;
  // It ends with what it was made of, of which nothing is to be had that lasts longer.
  if (subjectEndsInMs !== null && subjectEndsInMs <= (endsInMs ?? Number.POSITIVE_INFINITY))
    return { value, text, id, endsInMs: subjectEndsInMs, askAgainInMs: subjectEndsInMs };
  if (endsInMs === null) return { value, text, id, endsInMs, askAgainInMs: Number.MAX_SAFE_INTEGER };
  const aheadMs = isRenewable ? Math.min(AHEAD_MAX_MS, (endsInMs + ageMs) / 5) : ENDS_MIN_MS;
  return { value, text, id, endsInMs, askAgainInMs: endsInMs - aheadMs };
};

/** Why there is no token, where that was found out just now. */
const failureOf = (
  { credentialVersion }: Pick<TokenOwner, 'credentialVersion'>,
  known: KnownToken | null,
): GatewayError | null => {
  if (known === null || known.failure === null) return null;
  if (known.failedAgoMs === null || known.failedAgoMs > FAILURE_PAUSE_MS) return null;
  // The credential has been given anew since.
  if (known.credentialVersion !== credentialVersion) return null;
  const { code, message, needsReauth } = known.failure;
  return fail(isFailureCode(code) ? code : 'upstream.unauthorised', {
    message,
    executed: 'no',
    ...(needsReauth !== undefined && { data: { state: needsReauth ? 'needs_reauth' : 'failed' } }),
  });
};
