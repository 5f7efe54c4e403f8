import { Injectable } from '@nestjs/common';
import { errors } from 'jose';
import type { Principal } from '#contracts/auth/principal';
import { type GatewayError, fail } from '#libs/errors';
import { InjectLogger, type Logger } from '#libs/telemetry';
import { type AuthSettings, InjectAuthSettings } from '../auth.settings.js';
import type { TokenClaims } from '../jwt/claims.js';
import { IssuedInFuture, JwtService } from '../jwt/jwt.service.js';
import { agreesWithRecord } from '../tokens/token-record.js';
import { type AccountStatus, AccountStatusRepository } from './account-status.repository.js';
import { principalOf } from './principal.js';

export interface AdmittedCaller {
  readonly principal: Principal;
  readonly expiresAtMs: number;
}

const CLOCK_SKEW_MS = 60_000;

/** Says who a caller is: a token with a good signature, of a known and active user, that nobody revoked. */
@Injectable()
export class CallerService {
  constructor(
    private readonly jwt: JwtService,
    private readonly statuses: AccountStatusRepository,
    @InjectAuthSettings() private readonly settings: AuthSettings,
    @InjectLogger() private readonly logger: Logger,
  ) {}

  /**
   * Rejects with `auth.credential_missing` where there is none, `auth.credential_invalid` for any that is not good, and
   * `auth.unavailable` when the accounts cannot be read.
   */
  async admit(credential: string | null): Promise<AdmittedCaller> {
    if (credential === null) throw fail('auth.credential_missing');
    const claims = await this.verify(credential);
    const status = await this.status(claims);
    const objection = this.objection(credential, claims, status);
    if (objection !== null) throw this.refuse(objection, claims.tokenId, status.isRevoked ? REVOKED : undefined);
    if (status.token?.wantsUseNoted) this.noteUse(claims.tokenId);
    const user = status.user ?? { email: claims.subject, isAdmin: false };
    return { principal: principalOf(user, claims), expiresAtMs: claims.expiresAtMs };
  }

  private async verify(credential: string): Promise<TokenClaims> {
    try {
      return await this.jwt.verify(credential);
    } catch (error) {
      throw this.refuse(reasonOf(error), null, publicReason(causeOf(error)));
    }
  }

  /** The reason is for the operator; whoever holds the token is told only what tells nothing of accounts and keys. */
  private refuse(reason: string, tokenId: string | null, message?: string): GatewayError {
    this.logger.debug({ reason, tokenId }, 'a credential was refused');
    return fail('auth.credential_invalid', message === undefined ? {} : { message });
  }

  /** Why the token is not good although it was signed here. */
  private objection(credential: string, claims: TokenClaims, { user, isRevoked, token }: AccountStatus): string | null {
    if (isRevoked) return 'the token is revoked';
    if (lifeOf(claims) > this.settings.tokenLifeMaxMs + CLOCK_SKEW_MS) return 'the token lives longer than any may';
    if (!agreesWithRecord(credential, claims.subject, token)) return 'the token is not the one on record';
    if (user === null) return this.settings.requiresKnownUser ? 'the user is unknown' : null;
    if (!user.isActive) return 'the user is not active';
    const { credentialsNotBeforeMs } = user;
    if (credentialsNotBeforeMs !== null && (claims.issuedAtMs ?? 0) < credentialsNotBeforeMs)
      return 'the token is older than its user allows';
    return null;
  }

  /** What cannot be checked is not admitted. */
  private async status({ subject, tokenId }: TokenClaims): Promise<AccountStatus> {
    try {
      return await this.statuses.find(subject, tokenId);
    } catch (cause) {
      this.logger.error({ err: cause }, 'the account of a caller could not be read');
      throw fail('auth.unavailable', { cause });
    }
  }

  private noteUse(tokenId: string): void {
    this.statuses.noteUse(tokenId).catch((error: unknown) => {
      this.logger.warn({ err: error, tokenId }, 'the use of a token could not be noted');
    });
  }
}

/** What is left of it, where it does not say when it was made. */
const lifeOf = ({ issuedAtMs, expiresAtMs }: TokenClaims): number => expiresAtMs - (issuedAtMs ?? Date.now());

const REVOKED = 'The credential has been revoked';

/** Times are looked at after the signature, so these are said of tokens alone that were signed here. */
const publicReason = (cause: unknown): string | undefined => {
  if (cause instanceof errors.JWTExpired) return 'The credential has expired';
  if (cause instanceof IssuedInFuture) return 'The credential is not valid yet';
  if (cause instanceof errors.JWTClaimValidationFailed && cause.claim === 'nbf')
    return 'The credential is not valid yet';
  if (cause instanceof errors.JWSInvalid || cause instanceof errors.JWTInvalid)
    return 'The credential cannot be read: it is no JWT';
  return undefined;
};

const causeOf = (error: unknown): unknown => (error instanceof Error ? (error.cause ?? error) : error);

const reasonOf = (error: unknown): string => {
  const cause = causeOf(error);
  return cause instanceof Error ? cause.message : 'unknown';
};
