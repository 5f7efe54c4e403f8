import { Injectable } from '@nestjs/common';
import type { Principal } from '#contracts/auth/principal';
import { type GatewayError, fail } from '#libs/errors';
import { InjectLogger, type Logger } from '#libs/telemetry';
import { principalOf } from '../policy/principal.js';
import { type Standing, StandingRepository } from '../storage/standing.repository.js';
import { agreesWithRecord } from './api-token.credential.js';
import type { TokenClaims } from './claims.js';
import { JwtCredential } from './jwt.credential.js';

export interface AdmittedCaller {
  readonly principal: Principal;
  readonly expiresAtMs: number;
}

/** The settings that decide over admission. */
export class CallerPolicy {
  constructor(readonly requiresKnownUser: boolean) {}
}

/** Vouches for callers: a good signature, a known and active user, nothing revoked. */
@Injectable()
export class CallerService {
  constructor(
    private readonly jwt: JwtCredential,
    private readonly standings: StandingRepository,
    private readonly policy: CallerPolicy,
    @InjectLogger() private readonly logger: Logger,
  ) {}

  async admit(credential: string | null): Promise<AdmittedCaller> {
    if (credential === null) throw fail('auth.credential_missing');
    const claims = await this.verify(credential);
    const standing = await this.standing(claims);
    const objection = this.objection(credential, claims, standing);
    if (objection !== null) throw this.refuse(objection, claims.tokenId);
    if (standing.token?.wantsUseNoted) this.noteUse(claims.tokenId);
    const user = standing.user ?? { email: claims.subject, isAdmin: false };
    return { principal: principalOf(user, claims), expiresAtMs: claims.expiresAtMs };
  }

  private async verify(credential: string): Promise<TokenClaims> {
    try {
      return await this.jwt.verify(credential);
    } catch (error) {
      throw this.refuse(reasonOf(error), null);
    }
  }

  /** Callers all get the same answer; the reason is for the operator. */
  private refuse(reason: string, tokenId: string | null): GatewayError {
    this.logger.debug({ reason, tokenId }, 'a credential was refused');
    return fail('auth.credential_invalid');
  }

  /** Why the token is not good although it was signed here. */
  private objection(credential: string, claims: TokenClaims, { user, isRevoked, token }: Standing): string | null {
    if (isRevoked) return 'the token is revoked';
    if (!agreesWithRecord(credential, claims.subject, token)) return 'the token is not the one on record';
    if (user === null) return this.policy.requiresKnownUser ? 'the user is unknown' : null;
    if (!user.isActive) return 'the user is not active';
    const { credentialsNotBeforeMs } = user;
    if (credentialsNotBeforeMs !== null && (claims.issuedAtMs ?? 0) < credentialsNotBeforeMs)
      return 'the token is older than its user allows';
    return null;
  }

  /** What cannot be checked is not admitted. */
  private async standing({ subject, tokenId }: TokenClaims): Promise<Standing> {
    try {
      return await this.standings.find(subject, tokenId);
    } catch (cause) {
      this.logger.error({ err: cause }, 'the standing of a caller could not be read');
      throw fail('auth.unavailable', { cause });
    }
  }

  private noteUse(tokenId: string): void {
    this.standings.noteUse(tokenId).catch((error: unknown) => {
      this.logger.warn({ err: error, tokenId }, 'the use of a token could not be noted');
    });
  }
}

const reasonOf = (error: unknown): string => {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  return cause instanceof Error ? cause.message : 'unknown';
};
