import {
  type JWTHeaderParameters,
  type JWTPayload,
  type JWTVerifyResult,
  SignJWT,
  decodeProtectedHeader,
  errors,
  jwtVerify,
} from 'jose';
import { fail } from '#libs/errors';
import type { JwtSettings } from '../auth.settings.js';
import { type TokenClaims, readClaims } from './claims.js';
import type { JwtKeys, VerificationKey } from './jwt.keys.js';

export const CLOCK_SKEW_S = 60;
/** Headers by which a token would bring its own key. https://www.rfc-editor.org/rfc/rfc8725#section-3.10 */
const KEY_HEADERS = ['jku', 'jwk', 'x5u', 'x5c'] as const;

/** The clock of whoever signed the token is ahead, or it was made for later. */
export class IssuedInFuture extends Error {}

/**
 * Signs and verifies JSON Web Tokens. The keys and their one algorithm are configured; the header of a token says at most
 * by which of those keys it was signed: https://www.rfc-editor.org/rfc/rfc8725#section-3.1
 */
export class JwtService {
  constructor(
    private readonly keys: JwtKeys,
    private readonly names: Pick<JwtSettings, 'issuer' | 'audience'>,
  ) {}

  /** The claims of a good token. Rejects with `auth.credential_invalid` whatever is wrong; the cause is for the log. */
  async verify(token: string): Promise<TokenClaims> {
    try {
      const { payload, protectedHeader } = await this.verifyByAnyKey(token);
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
    return this.signTo(this.names.audience, claims, this.keys.signing);
  }

  /** Something for one purpose alone, which is no credential: its audience is another. Rejects as `sign` does. */
  async signFor(purpose: string, claims: Readonly<Record<string, unknown>>): Promise<string> {
    if (this.keys.signing === null)
      throw fail('config.invalid', { message: 'This gateway has no key to sign with (JWT_PRIVATE_KEY_PATH)' });
    return this.signTo(this.audienceOf(purpose), claims, this.keys.signing);
  }

  /** What was signed for the purpose. Rejects, with an error of jose, for all else. */
  async verifyFor(purpose: string, token: string): Promise<JWTPayload> {
    const { payload, protectedHeader } = await this.verifyByAnyKey(token, this.audienceOf(purpose));
    checkHeader(protectedHeader);
    return payload;
  }

  private audienceOf(purpose: string): string {
    return `${this.names.audience}#${purpose}`;
  }

  private signTo(
    audience: string,
    claims: Readonly<Record<string, unknown>>,
    key: NonNullable<JwtKeys['signing']>,
  ): Promise<string> {
    return new SignJWT({ ...claims, iss: this.names.issuer, aud: audience })
      .setProtectedHeader({ alg: this.keys.algorithm, typ: 'JWT', kid: this.keys.verification[0].id })
      .sign(key);
  }

  private async verifyByAnyKey(token: string, audience = this.names.audience): Promise<JWTVerifyResult> {
    const [first, ...others] = this.keysFor(token);
    try {
      return await this.verifyBy(first, token, audience);
    } catch (error) {
      if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw error;
      for (const other of others) {
        const verified = await this.verifyBy(other, token, audience).catch(onlyIfAnotherSigned);
        if (verified !== null) return verified;
      }
      throw error;
    }
  }

  /** That which it names; all, where it names none, or one that is not known here as others may call keys as they like. */
  private keysFor(token: string): JwtKeys['verification'] {
    const { verification } = this.keys;
    if (verification.length === 1) return verification;
    const kid = keyIdOf(token);
    const named = verification.find(({ id }) => id === kid);
    return named === undefined ? verification : [named];
  }

  private verifyBy({ key }: VerificationKey, token: string, audience: string): Promise<JWTVerifyResult> {
    return jwtVerify(token, key, {
      algorithms: [this.keys.algorithm],
      issuer: this.names.issuer,
      audience,
      requiredClaims: ['exp', 'jti'],
      clockTolerance: CLOCK_SKEW_S,
    });
  }
}

/** `undefined` also for what is no token: that is said when it is verified. */
const keyIdOf = (token: string): string | undefined => {
  try {
    return decodeProtectedHeader(token).kid;
  } catch {
    return undefined;
  }
};

const onlyIfAnotherSigned = (error: unknown): null => {
  if (error instanceof errors.JWSSignatureVerificationFailed) return null;
  throw error;
};

const checkHeader = (header: JWTHeaderParameters): void => {
  if (header.typ !== undefined && !/^(application\/)?jwt$/i.test(header.typ)) throw new Error('typ is not JWT');
  refuseOwnKey(header);
};

/** Throws where a token says by which key it is to be verified, rather than by which of those that are known. */
export const refuseOwnKey = (header: JWTHeaderParameters): void => {
  if (KEY_HEADERS.some((name) => header[name] !== undefined)) throw new Error('the token brings its own key');
};
