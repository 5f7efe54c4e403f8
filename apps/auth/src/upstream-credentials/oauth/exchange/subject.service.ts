import { Injectable } from '@nestjs/common';
import type { OAuthClient } from '#contracts/auth/oauth/oauth-client';
import type { PresentUpstreamCredential } from '#contracts/auth/upstream-credential.request';
import type { TrustedIssuer } from '#contracts/auth/trusted-issuers';
import type { RequestOf } from '#contracts/define';
import { type GatewayError, fail, toGatewayError } from '#libs/errors';
import { CallerService, type VouchedCaller } from '../../../admission/caller.service.js';
import { type AuthSettings, InjectAuthSettings } from '../../../auth.settings.js';
import { SubjectTokens } from '../../../encryption/subject-tokens.js';
import type { MadeOf } from '../upstream-token.repository.js';
import { subjectKeyOf } from './subject-key.js';

/** For whom a call is made, and by which token of theirs. */
export type ShownCaller = Pick<RequestOf<typeof PresentUpstreamCredential>, 'principalId' | 'subjectToken'>;

/** A token that may be exchanged. Secret. */
export interface Subject {
  readonly token: string;
  /** In lower case. */
  readonly userEmail: string;
  /** The same for tokens by which one client may do the same for one person; what one is exchanged for is good for the next. */
  readonly key: string;
  readonly madeOf: MadeOf;
}

/**
 * Which token of a caller is exchanged: the one that this request came with, of a trusted issuer that lets its tokens be exchanged at this
 * authorization server, and as long as it lets its user in. All others are refused.
 */
@Injectable()
export class SubjectService {
  constructor(
    private readonly callers: CallerService,
    private readonly sealed: SubjectTokens,
    @InjectAuthSettings() private readonly settings: AuthSettings,
  ) {}

  /** Rejects with `upstream.unauthorised` where there is none that may be exchanged, or with `auth.…` where that cannot be found out. */
  async of({ principalId, subjectToken }: ShownCaller, client: OAuthClient): Promise<Subject> {
    if (subjectToken === undefined) throw this.missing(client);
    const token = this.sealed.open(subjectToken, principalId);
    if (token === null) throw unfit('was not brought by this call');
    const { principal, issuer, ...madeOf } = await this.vouchFor(token);
    if (principal.id !== principalId) throw unfit('is of somebody else');
    if (!isShownTo(issuer, client))
      throw refusal(
        `Tokens of ${issuer.issuer} may not be exchanged at ${placeOf(client)} (exchangeAt of TRUSTED_ISSUERS)`,
      );
    return { token, userEmail: principal.id.toLowerCase(), key: subjectKeyOf(token, principal.id), madeOf };
  }

  private async vouchFor(token: string): Promise<VouchedCaller> {
    try {
      return await this.callers.vouchFor(token);
    } catch (error) {
      if (toGatewayError(error).code !== 'auth.credential_invalid') throw error;
      throw unfit('is good no more; sign in again');
    }
  }

  private missing(client: OAuthClient): GatewayError {
    const issuers = (this.settings.signIn?.issuers ?? []).filter((issuer) => isShownTo(issuer, client));
    const needs =
      issuers.length === 0
        ? `of which there is none whose tokens may be exchanged at ${placeOf(client)} (exchangeAt of TRUSTED_ISSUERS)`
        : `which is ${issuers.map(({ issuer }) => issuer).join(' or ')}`;
    return refusal(
      `This upstream is shown what the token of its caller is exchanged for: call with an access token of a trusted issuer, ${needs}`,
    );
  }
}

const unfit = (why: string): GatewayError =>
  refusal(`The token that is to be exchanged for this upstream ${why}`, 'needs_reauth');

const refusal = (message: string, state: 'failed' | 'needs_reauth' = 'failed'): GatewayError =>
  fail('upstream.unauthorised', { message, data: { state }, executed: 'no' });

const placeOf = ({ issuer, tokenUrl }: OAuthClient): string => tokenUrl ?? issuer ?? '';

/**
 * The issuer itself, found by its own metadata, or what the operator named. What a registration says besides does not count: whoever
 * writes it would be sent the tokens of all callers.
 */
const isShownTo = ({ issuer, exchangeAt }: TrustedIssuer, { tokenUrl, issuer: named }: OAuthClient): boolean => {
  if (exchangeAt === undefined) return false;
  if (tokenUrl !== null) return exchangeAt.includes(tokenUrl);
  return named !== null && (named === issuer || exchangeAt.includes(named));
};
