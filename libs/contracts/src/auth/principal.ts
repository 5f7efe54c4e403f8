import type { Grant } from './permission.js';

/** Who is calling and what they may do, as auth vouches for it. */
export interface Principal {
  /** The user's e-mail, or `anonymous`. */
  readonly id: string;
  readonly kind: 'user' | 'anonymous';
  readonly isAdmin: boolean;
  /** Team ids; `null` means every team (an administrator's unrestricted token). */
  readonly teams: readonly string[] | null;
  /** What they may do with all that they can see. */
  readonly permissions: readonly Grant[];
  /** What they may do besides with what is kept for a team, by its id; of teams that they reach. */
  readonly teamPermissions?: Readonly<Record<string, readonly Grant[]>>;
  /** Acts by roles in these teams alone, and so finds nothing but what is kept for them. Never said by auth. */
  readonly confinedTo?: readonly string[];
  /** The token allows less than its user may: by permissions, teams, a virtual server or endpoints. */
  readonly isNarrowed?: true;
  /** A token that is restricted to one virtual server names it. */
  readonly serverId: string | null;
  /**
   * Of a token that its issuer made for certain MCP endpoints alone (RFC 8707): ids of virtual servers, and `null` for
   * `/mcp`. Absent: it is for the whole gateway.
   */
  readonly endpoints?: readonly (string | null)[];
  /** All that a token with more scopes could allow this user. Absent: a new sign-in gives nothing more. */
  readonly consentable?: readonly Grant[];
  /** The token's `jti`; what a revocation names. */
  readonly tokenId: string | null;
}
