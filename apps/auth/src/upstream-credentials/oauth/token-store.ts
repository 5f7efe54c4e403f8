import { createHash } from 'node:crypto';
import type { KeyRing, Sealed } from '../../encryption/key-ring.js';
import type { TokenKey } from './upstream-token.repository.js';
import type { VaultKv2 } from './vault-kv2.js';

/** What a row holds of the token itself. */
export interface StoredToken {
  readonly tokenId: string | null;
  readonly keyId: string | null;
  readonly sealed: Buffer | null;
}

/** Where the tokens themselves lie; when they end, and how getting them went, stands in the database in any case. */
export interface TokenStore {
  /** Answers what the row is to hold: null where the token lies elsewhere. */
  keep(key: TokenKey, tokenId: string, value: string): Promise<Sealed | null>;
  /** Null where there is none, or none that can be read. */
  read(key: TokenKey, stored: StoredToken): Promise<string | null>;
  forget(key: TokenKey): Promise<void>;
  close(): Promise<void>;
}

/** Of a person: nobody reads their address off where it lies. */
const nameOf = ({ upstreamId, userEmail, subject = '' }: TokenKey): string => {
  if (userEmail === '') return upstreamId;
  const person = `${upstreamId}.${createHash('sha256').update(userEmail).digest('hex').slice(0, 32)}`;
  return subject === '' ? person : `${person}.${subject}`;
};

/** What a token is sealed for. */
export const tokenPurpose = (key: TokenKey): string => `token ${nameOf(key)}`;

export const TOKEN_STORE = Symbol('TOKEN_STORE');

/** In the row, encrypted like credentials. What no key opens is as good as gone: another token is got. */
export const sealedTokens = (keyRing: KeyRing): TokenStore => {
  return {
    keep: async (key, _tokenId, value) => keyRing.seal(value, tokenPurpose(key)),
    read: async (key, { keyId, sealed }) => {
      if (keyId === null || sealed === null || !keyRing.keyIds.includes(keyId)) return null;
      return keyRing.open({ keyId, bytes: sealed }, tokenPurpose(key));
    },
    // It goes with its row.
    forget: async () => {},
    close: async () => {},
  };
};

/** In Vault, one secret per upstream and, for people's own, person, and for what is exchanged its subject. A token that another has replaced there is as good as gone. */
export const vaultTokens = (vault: VaultKv2): TokenStore => ({
  keep: async (key, tokenId, value) => {
    await vault.write(nameOf(key), { token_id: tokenId, access_token: value });
    return null;
  },
  read: async (key, { tokenId }) => {
    const kept = await vault.read(nameOf(key));
    return kept?.['token_id'] === tokenId ? (kept?.['access_token'] ?? null) : null;
  },
  forget: (key) => vault.delete(nameOf(key)),
  close: () => vault.close(),
});
