import type { KeyRing, Sealed } from '../key-ring.js';
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
  keep(upstreamId: string, tokenId: string, value: string): Promise<Sealed | null>;
  /** Null where there is none, or none that can be read. */
  read(upstreamId: string, stored: StoredToken): Promise<string | null>;
  forget(upstreamId: string): Promise<void>;
  close(): Promise<void>;
}

export const TOKEN_STORE = Symbol('TOKEN_STORE');

/** In the row, encrypted like credentials. What no key opens is as good as gone: another token is got. */
export const sealedTokens = (keyRing: KeyRing): TokenStore => {
  const purposeOf = (upstreamId: string) => `token ${upstreamId}`;
  return {
    keep: async (upstreamId, _tokenId, value) => keyRing.seal(value, purposeOf(upstreamId)),
    read: async (upstreamId, { keyId, sealed }) => {
      if (keyId === null || sealed === null || !keyRing.keyIds.includes(keyId)) return null;
      return keyRing.open({ keyId, bytes: sealed }, purposeOf(upstreamId));
    },
    // It goes with its row.
    forget: async () => {},
    close: async () => {},
  };
};

/** In Vault, one secret per upstream. A token that another has replaced there is as good as gone. */
export const vaultTokens = (vault: VaultKv2): TokenStore => ({
  keep: async (upstreamId, tokenId, value) => {
    await vault.write(upstreamId, { token_id: tokenId, access_token: value });
    return null;
  },
  read: async (upstreamId, { tokenId }) => {
    const kept = await vault.read(upstreamId);
    return kept?.['token_id'] === tokenId ? (kept?.['access_token'] ?? null) : null;
  },
  forget: (upstreamId) => vault.delete(upstreamId),
  close: () => vault.close(),
});
