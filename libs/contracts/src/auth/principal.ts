import type { Grant } from './permission.js';

/** Who is calling and what they may do, as auth vouches for it. */
export interface Principal {
  /** The user's e-mail, or `anonymous`. */
  readonly id: string;
  readonly kind: 'user' | 'anonymous';
  readonly isAdmin: boolean;
  /** Team ids; `null` means every team (an administrator's unrestricted token). */
  readonly teams: readonly string[] | null;
  readonly permissions: readonly Grant[];
  /** A token that is restricted to one virtual server names it. */
  readonly serverId: string | null;
  /** The token's `jti`; what a revocation names. */
  readonly tokenId: string | null;
}
