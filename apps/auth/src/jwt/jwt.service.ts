import { type JWTHeaderParameters, SignJWT, jwtVerify } from 'jose';
import { fail } from '#libs/errors';
import type { JwtSettings } from '../auth.settings.js';
import { type TokenClaims, readClaims } from './claims.js';
import type { JwtKeys } from './jwt.keys.js';

const CLOCK_SKEW_S = 60;
/** Headers by which a token would bring its own key. https://www.rfc-editor.org/rfc/rfc8725#section-3.10 */
const KEY_HEADERS = ['jku', 'jwk', 'x5u', 'x5c'] as const;

/** The clock of whoever signed the token is ahead, or it was made for later. */
export class IssuedInFuture extends Error {}

/**
 * Signs and verifies JSON Web Tokens. The key and its one algorithm are configured; the header of a token chooses
 * neither: https://www.rfc-editor.org/rfc/rfc8725#section-3.1
 */
export class JwtService {
  constructor(
    private readonly keys: JwtKeys,
    private readonly names: Pick<JwtSettings, 'issuer' | 'audience'>,
  ) {}

  /** The claims of a good token. Rejects with `auth.credential_invalid` whatever is wrong; the cause is for the log. */
  async verify(token: string): Promise<TokenClaims> {
    try {
      const { payload, protectedHeader } = await jwtVerify(token, this.keys.verification, {
        algorithms: [this.keys.algorithm],
        issuer: this.names.issuer,
        audience: this.names.audience,
        requiredClaims: ['exp', 'jti'],
        clockTolerance: CLOCK_SKEW_S,
      });
      checkHeader(protectedHeader);
      const claims = readClaims(payload);
      if (claims.issuedAtMs !== null && claims.issuedAtMs > Date.now() + CLOCK_SKEW_S * 1000)
        throw new IssuedInFuture('issued in the future');
      return claims;
    } catch (cause) {
      throw fail('auth.credential_invalid', { cause });
    }
  }

  /** Adds issuer and audience. Rejects with `config.invalid` where this gateway only verifies. */
  async sign(claims: Readonly<Record<string, unknown>>): Promise<string> {
    if (this.keys.signing === null) {
      throw fail('config.invalid', { message: 'This gateway has no key to sign tokens with (JWT_PRIVATE_KEY_PATH)' });
    }
    return new SignJWT({ ...claims, iss: this.names.issuer, aud: this.names.audience })
      .setProtectedHeader({ alg: this.keys.algorithm, typ: 'JWT' })
      .sign(this.keys.signing);
  }
}

const checkHeader = (header: JWTHeaderParameters): void => {
  if (header.typ !== undefined && !/^(application\/)?jwt$/i.test(header.typ)) throw new Error('typ is not JWT');
  if (KEY_HEADERS.some((name) => header[name] !== undefined)) throw new Error('the token brings its own key');
};
