import type { Grant } from './permission.js';

/** Hours of days at which a token is good. */
export interface TokenHours {
  /** Of the week; 0 is Sunday. */
  readonly days: readonly number[];
  /** Of the day, from 0. */
  readonly fromMinute: number;
  /** The first at which it is good no more; before `fromMinute` where it is good past midnight. */
  readonly toMinute: number;
  /** A name of the IANA. */
  readonly timezone: string;
}

/** From where, and when, a token is good. */
export interface TokenConditions {
  /** Addresses, and networks as `10.0.0.0/8`. Absent: everywhere. */
  readonly networks?: readonly string[];
  /** Absent: at any time. */
  readonly hours?: TokenHours;
}

/** Who is calling and what they may do, as auth vouches for it. */
export interface Principal {
  /** The user's e-mail, `client:` and the id of a client without a user, or `anonymous`. */
  readonly id: string;
  /** Of a client without a user: who registered it, whose end and changes are its own. */
  readonly actsFor?: string;
  /** Of a token that others made for its user: who, and for whom what it came of was made, whose changes are its own. */
  readonly givenBy?: readonly string[];
  readonly kind: 'user' | 'anonymous';
  readonly isAdmin: boolean;
  /** By what the issuer of their token says, and so by no role that may end. */
  readonly isAdminByIssuer?: true;
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
  /** Whoever admits a request checks that it meets them. Absent: the token is good from everywhere, at any time. */
  readonly conditions?: TokenConditions;
  /** All that a token with more scopes could allow this user. Absent: a new sign-in gives nothing more. */
  readonly consentable?: readonly Grant[];
  /**
   * The token itself, encrypted for auth alone, behind a digest of it: where its issuer lets it be exchanged. It goes to upstreams for
   * which it is to be, and is shown to none.
   */
  readonly subjectToken?: string;
  /** The token's `jti`; what a revocation names. */
  readonly tokenId: string | null;
}
