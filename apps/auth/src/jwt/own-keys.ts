import { createHash, createPrivateKey, createPublicKey, hkdfSync } from 'node:crypto';
import { type JWK, type JWTVerifyGetKey, createLocalJWKSet } from 'jose';
import { type JwtSettings, requiredSecret } from '../auth.settings.js';

export const OWN_ALGORITHM = 'EdDSA';

/** What the gateway's own authorization server signs with. */
export interface OwnKeys {
  /** Private ones; the first signs. */
  readonly keys: readonly [JWK & { readonly kid: string }, ...JWK[]];
  /** By the public ones, for `jwtVerify`. */
  readonly find: JWTVerifyGetKey;
  /** Sign cookies, the first; the others are still read. */
  readonly cookieSecrets: readonly string[];
}

/**
 * Keys for access tokens and cookies, derived from JWT_SECRET_KEY: they are changed with it, and every replica has the same.
 * Throws `config.invalid` where there is none.
 */
export const ownKeysOf = ({ secret, formerSecrets }: Pick<JwtSettings, 'secret' | 'formerSecrets'>): OwnKeys => {
  const current = requiredSecret('JWT_SECRET_KEY', secret);
  const former = formerSecrets.map(privateKeyOf);
  const keys = [privateKeyOf(current), ...former] as const;
  return {
    keys,
    find: createLocalJWKSet({ keys: keys.map(({ d: _private, ...rest }) => rest) }),
    cookieSecrets: [current, ...formerSecrets].map((text) => derived(text, 'cookies').toString('base64url')),
  };
};

const derived = (secret: string, purpose: string): Buffer =>
  Buffer.from(hkdfSync('sha256', secret, '', `switchyard authorization server ${purpose}`, 32));

/** Of PKCS #8 for Ed25519, what comes before the 32 bytes that are the key. https://www.rfc-editor.org/rfc/rfc8410#section-7 */
const ED25519 = Buffer.from('302e020100300506032b657004220420', 'hex');

const privateKeyOf = (secret: string): JWK & { kid: string } => {
  const key = createPrivateKey({
    key: Buffer.concat([ED25519, derived(secret, 'access tokens')]),
    format: 'der',
    type: 'pkcs8',
  });
  const kid = createHash('sha256')
    .update(createPublicKey(key).export({ format: 'der', type: 'spki' }))
    .digest('base64url')
    .slice(0, 16);
  return { ...(key.export({ format: 'jwk' }) as JWK), kid, use: 'sig', alg: OWN_ALGORITHM };
};
