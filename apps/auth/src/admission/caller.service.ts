import { Inject, Injectable } from '@nestjs/common';
import { errors } from 'jose';
import type { Principal } from '#contracts/auth/principal';
import { type GatewayError, fail, toGatewayError } from '#libs/errors';
import { InjectLogger, type Logger } from '#libs/telemetry';
import { type AuthSettings, InjectAuthSettings } from '../auth.settings.js';
import type { IssuerClaims, TokenClaims } from '../jwt/claims.js';
import type { IssuerTokens } from '../jwt/issuer-tokens.js';
import { ISSUER_TOKENS } from '../jwt/jwt.module.js';
import { IssuedInFuture, JwtService } from '../jwt/jwt.service.js';
import { agreesWithRecord } from '../tokens/token-record.js';
import { UserService } from '../users/user.service.js';
import { type AccountStatus, AccountStatusRepository } from '../policy/account-status.repository.js';
import { mayStillGive, stillHeld, wholeOf } from '../policy/giver.js';
import { clientPrincipalOf, issuedPrincipalOf, principalOf } from '../policy/principal.js';

export interface AdmittedCaller {
  readonly principal: Principal;
  readonly expiresAtMs: number;
  /** Its issuer lets the token be exchanged. */
  readonly isExchangeable?: true;
}

/** Whom a trusted issuer speaks for. */
export interface VouchedCaller {
  readonly principal: Principal;
  readonly issuer: IssuerClaims['issuer'];
  /** The `jti` of the token by which it does. */
  readonly tokenId: string;
  readonly endsAtMs: number;
}

interface Admission extends AdmittedCaller {
  readonly claims: TokenClaims | IssuerClaims;
}

/** What follows of that others made a token. */
interface Given {
  readonly untilMs: number;
  /** What it names, as far as they hold it. */
  readonly permissions: readonly string[];
  readonly facts: Pick<Principal, 'givenBy'>;
}

const CLOCK_SKEW_MS = 60_000;
const ROLE_CHANGE_MIN_MS = 500;

/** Says who a caller is: a token with a good signature, of a known and active user, that nobody revoked. */
@Injectable()
export class CallerService {
  private keysFailure: unknown = null;

  constructor(
    private readonly jwt: JwtService,
    @Inject(ISSUER_TOKENS) private readonly issuerTokens: IssuerTokens | null,
    @Inject(UserService) private readonly users: Pick<UserService, 'keep'>,
    private readonly statuses: AccountStatusRepository,
    @InjectAuthSettings() private readonly settings: AuthSettings,
    @InjectLogger() private readonly logger: Logger,
  ) {}

  /**
   * Rejects with `auth.credential_missing` where there is none, `auth.credential_invalid` for any that is not good, and
   * `auth.unavailable` when the accounts cannot be read, `auth.issuer_unavailable` when the keys of a trusted issuer cannot.
   */
  async admit(credential: string | null): Promise<AdmittedCaller> {
    if (credential === null) throw fail('auth.credential_missing');
    const { principal, expiresAtMs, claims } = await this.admitted(credential);
    const isExchangeable = 'issuer' in claims && claims.issuer.exchangeAt !== undefined;
    return { principal, expiresAtMs, ...(isExchangeable && { isExchangeable }) };
  }

  /** Whose token of a trusted issuer this is, if it would be let in. Rejects as `admit` does. */
  async vouchFor(credential: string): Promise<VouchedCaller> {
    const { principal, claims } = await this.admitted(credential);
    if (!('issuer' in claims)) throw fail('auth.credential_invalid');
    return { principal, issuer: claims.issuer, tokenId: claims.tokenId, endsAtMs: claims.expiresAtMs };
  }

  private async admitted(credential: string): Promise<Admission> {
    const claims = await this.verify(credential);
    const status = await this.status(claims);
    const objection = this.objection(credential, claims, status);
    if (objection !== null) throw this.refuse(objection, claims.tokenId, PUBLIC_OBJECTIONS.get(objection));
    const given = await this.given(claims, status);
    if (status.token?.wantsUseNoted) this.noteUse(claims.tokenId);
    const known = 'issuer' in claims && status.user === null ? await this.keepUser(claims) : status;
    const principal = this.principal({ ...claims, permissions: given.permissions }, known);
    const expiresAtMs = Math.min(claims.expiresAtMs, goodUntilMs(known), given.untilMs);
    return { principal: { ...principal, ...given.facts }, claims, expiresAtMs };
  }

  /** A token that others made for its user is good while they might make it, for what they hold. */
  private async given({ subject, tokenId, permissions: named }: TokenClaims, shown: AccountStatus): Promise<Given> {
    const givers = shown.token?.givers ?? [];
    const statuses = new Map([[subject, shown]]);
    const statusOf = async (email: string): Promise<AccountStatus> => {
      const status = statuses.get(email) ?? (await this.status({ subject: email, tokenId: '', teams: [] }));
      statuses.set(email, status);
      return status;
    };
    let [untilMs, permissions] = [Infinity, named];
    for (const giver of givers) {
      const [status, userStatus] = [await statusOf(giver.by), await statusOf(giver.for)];
      const [maker, user] = [wholeOf(status), wholeOf(userStatus)];
      const isGood = maker !== null && user !== null && mayStillGive(giver, maker, user);
      permissions = isGood ? stillHeld(maker, permissions) : [];
      // One that names none would have all that its user may.
      if (!isGood || (named.length > 0 && permissions.length === 0))
        throw this.refuse(IS_FORSAKEN, tokenId, PUBLIC_OBJECTIONS.get(IS_FORSAKEN));
      untilMs = Math.min(untilMs, goodUntilMs(status), goodUntilMs(userStatus));
    }
    const others = [...new Set(givers.flatMap((giver) => [giver.by, giver.for]))].filter((email) => email !== subject);
    return { untilMs, permissions, facts: others.length > 0 ? { givenBy: others } : {} };
  }

  private principal(claims: TokenClaims | IssuerClaims, known: AccountStatus): Principal {
    if (!('issuer' in claims))
      return principalOf(known.user ?? { email: claims.subject, isAdmin: false }, claims, known);
    const { clientId } = claims;
    return clientId === undefined ? issuedPrincipalOf(claims, known) : clientPrincipalOf(claims, clientId, known);
  }

  private async verify(credential: string): Promise<TokenClaims | IssuerClaims> {
    try {
      if (this.issuerTokens?.concerns(credential)) return await this.issuerTokens.verify(credential);
      return await this.jwt.verify(credential);
    } catch (error) {
      const { code, message } = toGatewayError(error);
      if (code === 'auth.issuer_unavailable') {
        // Of a failure that is repeated to everybody for a while, once.
        const cause = causeOf(error);
        if (cause !== this.keysFailure)
          this.logger.warn({ err: cause }, 'the keys of a trusted issuer are not to be had');
        this.keysFailure = cause;
        throw error;
      }
      if (message !== INVALID) throw this.refuse(reasonOf(error), null, message);
      throw this.refuse(reasonOf(error), null, publicReason(causeOf(error)));
    }
  }

  /** The reason is for the operator; whoever holds the token is told only what tells nothing of accounts and keys. */
  private refuse(reason: string, tokenId: string | null, message?: string): GatewayError {
    this.logger.debug({ reason, tokenId }, 'a credential was refused');
    return fail('auth.credential_invalid', message === undefined ? {} : { message });
  }

  /** Why the token is not good although it was signed here. */
  private objection(
    credential: string,
    claims: TokenClaims | IssuerClaims,
    { user, isRevoked, token }: AccountStatus,
  ): string | null {
    if (isRevoked) return IS_REVOKED;
    if (lifeOf(claims) > this.settings.tokenLifeMaxMs + CLOCK_SKEW_MS) return 'the token lives longer than any may';
    const strange = strangeness(credential, claims, token);
    if (strange !== null) return strange;
    if (user === null && 'issuer' in claims && claims.issuer.createUsers) return null;
    if (user === null) return this.settings.requiresKnownUser ? 'the user is unknown' : null;
    if (!user.isActive) return 'the user is not active';
    const { credentialsNotBeforeMs } = user;
    if (credentialsNotBeforeMs !== null && (claims.issuedAtMs ?? 0) < credentialsNotBeforeMs)
      return 'the token is older than its user allows';
    return null;
  }

  /** A user who is seen for the first time, where the issuer may bring new ones; what is then on record about them. */
  private async keepUser(claims: IssuerClaims): Promise<AccountStatus> {
    const { subject, issuer } = claims;
    try {
      if (issuer.createUsers) await this.users.keep(subject, issuer.issuer);
      return await this.status(claims);
    } catch (cause) {
      this.logger.error({ err: cause }, 'a user could not be kept');
      throw fail('auth.unavailable', { cause });
    }
  }

  /** What cannot be checked is not admitted. */
  private async status({
    subject,
    tokenId,
    teams,
  }: Pick<TokenClaims, 'subject' | 'tokenId' | 'teams'>): Promise<AccountStatus> {
    try {
      return await this.statuses.find(subject, tokenId, teams ?? []);
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

/** Why it is not the token that is on record under its name, or not yet good. */
const strangeness = (
  credential: string,
  claims: TokenClaims | IssuerClaims,
  token: AccountStatus['token'],
): string | null => {
  const isConsent = 'issuer' in claims && claims.issuer.isOwn;
  if (isConsent && token?.userEmail !== claims.subject)
    return 'the consent that the token was given on is not on record';
  if (!isConsent && !agreesWithRecord(credential, claims.subject, token)) return 'the token is not the one on record';
  return token?.isOffered === true ? IS_OFFERED : null;
};

/** What is left of it, where it does not say when it was made. */
const lifeOf = ({ issuedAtMs, expiresAtMs }: TokenClaims): number => expiresAtMs - (issuedAtMs ?? Date.now());

/** A role expires while its user is remembered; the clock of the database may be ahead. */
const goodUntilMs = ({ roles: { changesAtMs } }: AccountStatus): number =>
  changesAtMs === null ? Infinity : Math.max(changesAtMs, Date.now() + ROLE_CHANGE_MIN_MS);

const INVALID = fail('auth.credential_invalid').message;
const IS_REVOKED = 'the token is revoked';
const IS_OFFERED = 'the token waits until its user accepts it';
const IS_FORSAKEN = 'who made the token for its user may do so no longer';

/** What whoever holds the token is told. */
const PUBLIC_OBJECTIONS: ReadonlyMap<string, string> = new Map([
  [IS_REVOKED, 'The credential has been revoked'],
  [IS_FORSAKEN, 'The token was made by somebody who may make none for its user any more'],
  [IS_OFFERED, 'The token was made by somebody else: its user accepts it first, under Access in the console'],
]);

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
