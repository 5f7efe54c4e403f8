import type { TokenConditions } from '#contracts/auth/principal';
import type { TrustedIssuer } from '#contracts/auth/trusted-issuers';
import { fail } from '#libs/errors';
import { readConditions } from './token-conditions.js';

/** What a verified token says, in one reading. Where claims contradict each other the narrower one counts. */
export interface TokenClaims {
  readonly subject: string;
  readonly tokenId: string;
  readonly issuedAtMs: number | null;
  readonly expiresAtMs: number;
  /** What logging in gives, or what is made for programs; those that do not say count as the latter. */
  readonly use: 'session' | 'api';
  /** `undefined` when the token does not say. */
  readonly isAdmin: boolean | undefined;
  /** `null` is every team that the user is in, for administrators every team; none is public things only. */
  readonly teams: readonly string[] | null;
  readonly serverId: string | null;
  /** Empty: all that the user may do. */
  readonly permissions: readonly string[];
  /** Absent: it is good from everywhere, at any time. */
  readonly conditions?: TokenConditions;
}

type Claims = Readonly<Record<string, unknown>>;

/** What a token of a trusted issuer says besides. */
export interface IssuerClaims extends TokenClaims {
  readonly issuer: TrustedIssuer;
  /** As `endpoints` of a principal. */
  readonly endpoints: readonly (string | null)[] | undefined;
  /** Of a client without a user; `subject` is who registered it. */
  readonly clientId?: string;
}

const TEXT_CHARS_MAX = 320;
const ITEMS_MAX = 500;
/** Year 5138; anything later is no date. */
const SECONDS_MAX = 1e11;

const invalid = (claim: string) =>
  fail('auth.credential_invalid', { cause: new Error(`claim ${claim} is not acceptable`) });

export const isRecord = (value: unknown): value is Claims =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isEmpty = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  value === '' ||
  (Array.isArray(value) && value.length === 0) ||
  (isRecord(value) && Object.values(value).every(isEmpty));

export const textOf = (value: unknown, claim: string): string => {
  if (typeof value !== 'string' || value === '' || value.length > TEXT_CHARS_MAX || /\p{Cc}/u.test(value))
    throw invalid(claim);
  return value;
};

export const secondsOf = (value: unknown, claim: string): number => {
  if (typeof value !== 'number' || !(value >= 0 && value <= SECONDS_MAX)) throw invalid(claim);
  return value * 1000;
};

const flagOf = (value: unknown, claim: string): boolean | undefined => {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'boolean') throw invalid(claim);
  return value;
};

const adminOf = (claims: Claims): boolean | undefined => {
  const user = claims['user'] ?? {};
  if (!isRecord(user)) throw invalid('user');
  const said = [flagOf(claims['is_admin'], 'is_admin'), flagOf(user['is_admin'], 'user.is_admin')];
  if (said.includes(false)) return false;
  return said.includes(true) ? true : undefined;
};

/** Absent and `null` differ: of what is made for programs, only a token that says `null` outright can mean every team. */
const teamsOf = (teams: unknown, use: TokenClaims['use']): readonly string[] | null => {
  if (teams === undefined) return use === 'session' ? null : [];
  if (teams === null) return null;
  if (!Array.isArray(teams) || teams.length > ITEMS_MAX) throw invalid('teams');
  return [...new Set(teams.map((team) => textOf(isRecord(team) ? team['id'] : team, 'teams')))];
};

const SCOPES_ENFORCED = new Set(['server_id', 'permissions', 'ip_restrictions', 'time_restrictions']);

const scopesOf = (scopes: unknown): Pick<TokenClaims, 'serverId' | 'permissions' | 'conditions'> => {
  if (scopes === undefined || scopes === null) return { serverId: null, permissions: [] };
  if (!isRecord(scopes)) throw invalid('scopes');
  for (const [name, value] of Object.entries(scopes)) {
    // A restriction that is not enforced here must not turn into none.
    if (!SCOPES_ENFORCED.has(name) && !isEmpty(value)) throw invalid(`scopes.${name}`);
  }
  const { server_id: serverId, permissions } = scopes;
  if (!isEmpty(permissions) && (!Array.isArray(permissions) || permissions.length > ITEMS_MAX))
    throw invalid('scopes.permissions');
  const conditions = conditionsOf(scopes['ip_restrictions'], scopes['time_restrictions']);
  return {
    ...(conditions !== null && { conditions }),
    serverId: isEmpty(serverId) ? null : textOf(serverId, 'scopes.server_id'),
    permissions: isEmpty(permissions)
      ? []
      : [...new Set((permissions as unknown[]).map((name) => textOf(name, 'scopes.permissions')))],
  };
};

const conditionsOf = (networks: unknown, hours: unknown): TokenConditions | null => {
  try {
    return readConditions(networks, hours);
  } catch {
    throw invalid('scopes');
  }
};

/**
 * The e-mail of the user. Tokens of ContextForge's API have it in `user.email`, also where `sub` is an id of its own; those
 * of its command line, as ours, have it in `sub`. Those of its log-in (1.1.0) have an id alone, by which nobody is known here.
 */
const subjectOf = (claims: Claims): string => {
  const subject = textOf(claims['sub'] ?? claims['username'], 'sub').toLowerCase();
  const user = claims['user'];
  const given = isRecord(user) ? user['email'] : undefined;
  if (given === undefined || given === null) return subject;
  const email = textOf(given, 'user.email').toLowerCase();
  if (subject.includes('@') && subject !== email) throw invalid('user.email');
  return email;
};

/** A token that is meant for something else, such as to be exchanged for another, opens nothing here. */
const useOf = (use: unknown): TokenClaims['use'] => {
  if (use === 'session') return 'session';
  if (use === undefined || use === 'api' || use === 'access') return 'api';
  throw invalid('token_use');
};

/** Whoever shows such a token must prove that a key is theirs, which is not asked here. https://www.rfc-editor.org/rfc/rfc7800 */
export const refuseBound = (confirmation: unknown): void => {
  if (!isEmpty(confirmation)) throw invalid('cnf');
};

/** Reads the claims of a token whose signature, issuer, audience and times have been verified. */
export const readClaims = (claims: Claims): TokenClaims => {
  refuseBound(claims['cnf']);
  const use = useOf(claims['token_use']);
  return {
    subject: subjectOf(claims),
    use,
    tokenId: textOf(claims['jti'], 'jti'),
    issuedAtMs: claims['iat'] === undefined ? null : secondsOf(claims['iat'], 'iat'),
    expiresAtMs: secondsOf(claims['exp'], 'exp'),
    isAdmin: adminOf(claims),
    teams: teamsOf(claims['teams'], use),
    ...scopesOf(claims['scopes']),
  };
};
