import { type JWTVerifyGetKey, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import type { TrustedIssuer } from '#contracts/auth/trusted-issuers';
import { GatewayError, fail } from '#libs/errors';
import type { AuthSettings } from '../auth.settings.js';
import type { IssuerClaims } from './claims.js';
import { readIssuerClaims } from './issuer-claims.js';
import { IssuerKeys } from './issuer-keys.js';
import { ownKeysOf } from './own-keys.js';
import { CLOCK_SKEW_S, IssuedInFuture, refuseOwnKey } from './jwt.service.js';

/** No secret among them: keys that are published must not be taken for one. */
export const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];
/** https://www.rfc-editor.org/rfc/rfc9068#section-2.1, and what those have that do not follow it. */
const TYPES = /^(application\/)?(at\+)?jwt$/i;

/** An issuer, and how its keys are found. */
export interface KnownIssuer {
  readonly issuer: TrustedIssuer;
  readonly find: JWTVerifyGetKey;
}

/** Verifies the access tokens of trusted issuers, of which the gateway itself may be one. */
export class IssuerTokens {
  private readonly issuers;

  constructor(
    private readonly publicUrl: string,
    issuers: readonly KnownIssuer[],
  ) {
    this.issuers = new Map(issuers.map((known) => [known.issuer.issuer, known] as const));
  }

  /** Whether the token says that one of the issuers made it. */
  concerns(token: string): boolean {
    try {
      const known = this.issuers.get(decodeJwt(token).iss ?? '');
      if (known?.issuer.isOwn !== true) return known !== undefined;
      // The gateway may call itself so in its other tokens too.
      return decodeProtectedHeader(token).typ === 'at+jwt';
    } catch {
      return false;
    }
  }

  /**
   * The claims of a good token. Rejects with `auth.issuer_unavailable` when the keys of its issuer cannot be read, else with
   * `auth.credential_invalid`; the cause is for the log.
   */
  async verify(token: string): Promise<IssuerClaims> {
    try {
      const trusted = this.issuers.get(decodeJwt(token).iss ?? '');
      if (trusted === undefined) throw new Error('the issuer is not trusted');
      const { issuer, find } = trusted;
      const { payload, protectedHeader } = await jwtVerify(token, find, {
        algorithms: ALGORITHMS,
        issuer: issuer.issuer,
        requiredClaims: ['exp'],
        clockTolerance: CLOCK_SKEW_S,
      });
      if (protectedHeader.typ !== undefined && !TYPES.test(protectedHeader.typ)) throw new Error('typ is not at+jwt');
      refuseOwnKey(protectedHeader);
      const claims = readIssuerClaims(payload, token, issuer, this.publicUrl);
      if (claims.issuedAtMs !== null && claims.issuedAtMs > Date.now() + CLOCK_SKEW_S * 1000)
        throw new IssuedInFuture('issued in the future');
      return claims;
    } catch (cause) {
      throw cause instanceof GatewayError ? cause : fail('auth.credential_invalid', { cause });
    }
  }
}

/** `null` where no issuer is trusted. */
export const issuerTokensOf = (settings: Pick<AuthSettings, 'signIn' | 'authorizationServer' | 'jwt'>) => {
  const { signIn, authorizationServer, jwt } = settings;
  if (signIn !== null) {
    const known = signIn.issuers.map((issuer) => ({ issuer, find: new IssuerKeys(issuer).find }));
    return new IssuerTokens(signIn.publicUrl, known);
  }
  if (authorizationServer === null) return null;
  const { issuer } = authorizationServer;
  return new IssuerTokens(issuer.issuer, [{ issuer, find: ownKeysOf(jwt).find }]);
};
