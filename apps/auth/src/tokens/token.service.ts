import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { isUUID } from 'class-validator';
import { CredentialRevoked } from '#contracts/auth/credential-revoked.event';
import { type ListServerTokens, SERVER_TOKENS_MAX } from '#contracts/auth/list-server-tokens.request';
import type { Grant } from '#contracts/auth/permission';
import type { Principal } from '#contracts/auth/principal';
import type { ReplyOf } from '#contracts/define';
import { type Bus, InjectBus } from '#libs/bus';
import { fail, toGatewayError } from '#libs/errors';
import { type AuthSettings, InjectAuthSettings } from '../auth.settings.js';
import type { TokenClaims } from '../jwt/claims.js';
import { type TimeRestrictions, readHours } from '../jwt/token-conditions.js';
import { USE_PERMISSIONS, administers, firstNotHeld } from '../policy/grants.js';
import { TeamAccess } from '../teams/team-access.js';
import type { User } from '../users/user.entity.js';
import { UserService } from '../users/user.service.js';
import { type IssuedToken, TokenIssuer, type TokenRestrictions, UNRESTRICTED } from './token-issuer.js';
import { type SignInOrigin, type TokenOrigin, tokenOrigin } from './sign-in-origin.js';
import { fingerprintOf } from './token-record.js';
import type { ChangeTokenBody, CreateTokenBody, TokenScopeBody } from './token.body.js';
import type { Token, TokenMaker } from './token.entity.js';
import { type TokenPage, TokenRepository } from './token.repository.js';

const DAY_MS = 86_400_000;
const EXPIRES_IN_DAYS = 30;

/** A token that is not asked for by a user of the API. */
interface OwnToken {
  readonly user: User;
  readonly madeBy: Exclude<TokenMaker, 'request'>;
  readonly expiresInMs: number;
  readonly isAdmin: boolean;
  readonly teams: readonly string[] | null;
  readonly permissions?: readonly Grant[];
  readonly origin?: SignInOrigin | null;
}

/** What a user allows a client. */
export interface Consent {
  readonly consentId: string;
  readonly user: User;
  readonly name: string;
  readonly description: string;
  readonly permissions: readonly Grant[];
  readonly expiresInMs: number;
  /** `null`: they signed in here. */
  readonly origin: SignInOrigin | null;
}

/** Issues tokens, keeps them on record and ends them. A token never permits more than the caller who asked for it. */
@Injectable()
export class TokenService {
  constructor(
    private readonly tokens: TokenRepository,
    private readonly users: UserService,
    private readonly teams: TeamAccess,
    private readonly issuer: TokenIssuer,
    @InjectAuthSettings() private readonly settings: AuthSettings,
    @InjectBus() private readonly bus: Bus,
  ) {}

  /**
   * A token by a name of its owner's; `credential` is the token that asks for it. Its value is in this answer and nowhere
   * afterwards. Throws `auth.grant_missing` for a permission that the caller does not hold, `http.invalid` for a life
   * that is longer than allowed, `http.conflict` when the name is taken.
   */
  async create(
    caller: Principal,
    credential: string,
    body: CreateTokenBody,
  ): Promise<{ record: Token; token: string }> {
    const user = await this.users.find(caller.id);
    if (user === null) throw fail('http.conflict', { message: 'Only users that are known here can have tokens' });
    const parent = await this.issuer.read(credential);
    const permissions = inheritedBy(caller, parent, body.scope?.permissions ?? []);
    const serverId = body.scope?.serverId ?? caller.serverId;
    const teamId = body.teamId ?? null;
    if (teamId !== null) await this.teams.reached(caller, teamId);
    const restrictions = restrictionsOf(parent, await this.tokens.findByTokenId(parent.tokenId), body.scope ?? {});
    const issued = await this.issuer.issue({
      user,
      use: 'api',
      expiresInMs: this.lifeOf(body, parent),
      isAdmin: caller.isAdmin,
      teams: teamId !== null ? [teamId] : parent.teams === null ? null : caller.teams,
      serverId,
      permissions,
      restrictions,
    });
    const record = await this.keep(issued, user, {
      name: body.name,
      description: body.description ?? null,
      serverId,
      permissions,
      parentTokenId: parent.tokenId,
      teamId,
      tags: [...new Set(body.tags ?? [])],
      ...restrictions,
    });
    if (record === null) throw nameTaken(body.name);
    return { record, token: issued.token };
  }

  /** A token for as long as a user is logged in. */
  issueForSession(user: User, expiresInMs: number, origin: SignInOrigin | null = null): Promise<IssuedToken> {
    return this.issueOwn({ user, madeBy: 'login', expiresInMs, isAdmin: user.isAdmin, teams: null, origin });
  }

  /**
   * A token of an administrator that reaches every team. Throws `auth.credential_invalid` when the user is no
   * administrator, or no longer active.
   */
  async issueForAdmin(email: string, expiresInMs: number): Promise<IssuedToken> {
    const user = await this.activeAdmin(email);
    return this.issueOwn({ user, madeBy: 'start', expiresInMs, isAdmin: true, teams: null });
  }

  /** A token for a program that uses what is public, and administers nothing. Throws as `issueForAdmin` does. */
  async issueForUse(email: string, expiresInMs: number): Promise<IssuedToken> {
    const user = await this.activeAdmin(email);
    const permissions = USE_PERMISSIONS;
    return this.issueOwn({ user, madeBy: 'start', expiresInMs, isAdmin: false, teams: [], permissions });
  }

  /**
   * Puts a consent on record. Every token that is given on it counts as this one: listed as one, ended as one, at once.
   */
  async keepConsent({ consentId, user, expiresInMs, origin, ...facts }: Consent): Promise<void> {
    await this.tokens.forgetPassed();
    await this.tokens.add({
      ...NOTHING_SPECIAL,
      ...facts,
      ...tokenOrigin(origin),
      id: randomUUID(),
      tokenId: consentId,
      tokenHash: '',
      userEmail: user.email,
      madeBy: 'consent',
      permissions: [...facts.permissions],
      expiresAt: new Date(Date.now() + expiresInMs),
    });
  }

  /** The caller's own tokens, newest first. */
  list(caller: Principal, limit: number, offset: number): Promise<TokenPage> {
    return this.tokens.list({ userEmail: caller.id }, limit, offset);
  }

  /** Everybody's tokens, newest first. */
  listAll(limit: number, offset: number): Promise<TokenPage> {
    return this.tokens.list({}, limit, offset);
  }

  /** Those that are for a team, newest first: all, for who says who is in it; else the caller's own. Throws as `TeamAccess.reached` does. */
  async listOfTeam(caller: Principal, teamId: string, limit: number, offset: number): Promise<TokenPage> {
    await this.teams.reached(caller, teamId);
    const isManager = await this.teams.owned(caller, teamId, 'teams.manage_members').then(
      () => true,
      (error: unknown) => {
        if (toGatewayError(error).code === 'auth.grant_missing') return false;
        throw error;
      },
    );
    return this.tokens.list({ teamId, ...(!isManager && { userEmail: caller.id }) }, limit, offset);
  }

  /** The good tokens that are for one of these virtual servers alone. */
  async listOfServers(serverIds: readonly string[]): Promise<ReplyOf<typeof ListServerTokens>> {
    const found = Map.groupBy(
      await this.tokens.findByServers(serverIds, SERVER_TOKENS_MAX),
      ({ serverId }) => serverId,
    );
    const servers = [...found].map(([serverId, tokens]) => ({
      serverId,
      count: tokens[0]?.count ?? 0,
      tokens: tokens.map(({ id, name, userEmail }) => ({ id, name, userEmail })),
    }));
    return { servers };
  }

  /** Throws `registry.unknown` for a token that is not there or, for other than administrators, not the caller's. */
  async get(caller: Principal, id: string): Promise<Token> {
    const record = await this.tokens.find(id);
    if (record === null || (record.userEmail !== caller.id && !caller.isAdmin)) throw fail('registry.unknown');
    return record;
  }

  /** Changes what it is called; what is left out stays. Throws as `get` does, and `http.conflict` when the name is taken. */
  async change(caller: Principal, id: string, { name, description, tags }: ChangeTokenBody): Promise<Token> {
    const record = await this.get(caller, id);
    const change = {
      ...(typeof name === 'string' && { name }),
      ...(description !== undefined && { description }),
      ...(Array.isArray(tags) && { tags: [...new Set(tags)] }),
    };
    if (Object.keys(change).length > 0 && !(await this.tokens.change(record.id, change))) throw nameTaken(name ?? '');
    return this.get(caller, id);
  }

  /** Ends a token, and all that it asked for. */
  async revoke(caller: Principal, id: string): Promise<void> {
    await this.endWithDescendants(await this.get(caller, id), caller.id);
  }

  /**
   * For administrators: ends a token by the id of its record or by its `jti`, which need not be on record. Throws
   * `auth.grant_missing` where the caller is none and the token is, or may be, of one.
   */
  async revokeAny(caller: Principal, id: string): Promise<void> {
    const record = (isUUID(id) ? await this.tokens.find(id) : null) ?? (await this.tokens.findByTokenId(id));
    if (record !== null) await this.users.checkNoAdministrator(caller, record.userEmail);
    else if (!administers(caller))
      throw fail('auth.grant_missing', { message: 'Only an administrator ends a token that is not on record' });
    // None may live longer, so a revocation that is kept for so long outlives it.
    const expiresAt = record?.expiresAt ?? new Date(Date.now() + this.settings.tokenLifeMaxMs + DAY_MS);
    await this.endWithDescendants({ tokenId: record?.tokenId ?? id, expiresAt }, caller.id);
  }

  /**
   * Ends a token by its `jti`, on record or not. Resolves once that is committed and the bus has taken the announcement;
   * whoever remembers the token drops it as the announcement arrives.
   */
  async end(tokenId: string, expiresAt: Date, revokedBy: string): Promise<void> {
    await this.tokens.revoke(tokenId, expiresAt, revokedBy);
    this.bus.publish(CredentialRevoked, { tokenId });
    await this.bus.flush();
  }

  /** Where its user signed in for a token; `null`: here, or it is not on record. */
  async originOf(tokenId: string): Promise<SignInOrigin | null> {
    const token = await this.tokens.findByTokenId(tokenId);
    if (token === null || token.originIssuer === null) return null;
    return { issuer: token.originIssuer, subject: token.originSubject ?? '', session: token.originSession };
  }

  /** Uses up, by its `jti`, what is good once; false where it was before. */
  spend(id: string, expiresAt: Date, by: string): Promise<boolean> {
    return this.tokens.revoke(id, expiresAt, by);
  }

  /** Whether that was used up. */
  isSpent(id: string): Promise<boolean> {
    return this.tokens.isRevoked(id);
  }

  private async endWithDescendants(first: Pick<Token, 'tokenId' | 'expiresAt'>, revokedBy: string): Promise<void> {
    // The first one first: what cannot ask for others any more has no new descendants.
    await this.end(first.tokenId, first.expiresAt, revokedBy);
    for (const { tokenId, expiresAt } of await this.tokens.findDescendants(first.tokenId))
      await this.end(tokenId, expiresAt, revokedBy);
  }

  private async activeAdmin(email: string): Promise<User> {
    const user = await this.users.find(email);
    if (user === null || !user.isActive || !user.isAdmin) {
      throw fail('auth.credential_invalid', { message: 'The platform administrator was removed or disabled' });
    }
    return user;
  }

  private async issueOwn({ user, madeBy, ...own }: OwnToken): Promise<IssuedToken> {
    const { permissions = [], origin = null } = own;
    const issued = await this.issuer.issue({ user, use: madeBy === 'login' ? 'session' : 'api', ...own });
    await this.tokens.forgetPassed();
    await this.keep(issued, user, {
      name: `${madeBy} ${issued.tokenId}`,
      madeBy,
      permissions,
      ...tokenOrigin(origin),
    });
    return issued;
  }

  private keep(
    issued: IssuedToken,
    { email }: User,
    facts: Pick<Token, 'name'> &
      Partial<
        Pick<
          Token,
          'madeBy' | 'serverId' | 'parentTokenId' | 'teamId' | 'tags' | keyof TokenRestrictions | keyof TokenOrigin
        >
      > & {
        readonly description?: string | null;
        readonly permissions: readonly Grant[];
      },
  ): Promise<Token | null> {
    const { description = null, permissions, ...rest } = facts;
    return this.tokens.add({
      id: randomUUID(),
      tokenId: issued.tokenId,
      tokenHash: fingerprintOf(issued.token),
      userEmail: email,
      description,
      madeBy: 'request',
      ...NOTHING_SPECIAL,
      ...rest,
      permissions: [...permissions],
      expiresAt: issued.expiresAt,
    });
  }

  /** What was asked for, else 30 days or as long as is allowed. A token that was made for a program gives none that outlives it. */
  private lifeOf({ expiresInDays }: CreateTokenBody, parent: TokenClaims): number {
    const maxMs = this.settings.tokenLifeMaxMs;
    const leftMs = parent.use === 'session' ? maxMs : Math.min(maxMs, parent.expiresAtMs - Date.now());
    if (typeof expiresInDays !== 'number') return Math.min(EXPIRES_IN_DAYS * DAY_MS, leftMs);
    const wantedMs = expiresInDays * DAY_MS;
    if (wantedMs > maxMs) throw tooLong(`no token may be good for more than ${maxMs / DAY_MS} days`);
    if (wantedMs > leftMs) throw tooLong('the token that asks ends before; log in for one that lasts');
    return wantedMs;
  }
}

const NOTHING_SPECIAL = {
  serverId: null,
  parentTokenId: null,
  teamId: null,
  tags: [],
  ...UNRESTRICTED,
  ...tokenOrigin(null),
};

const tooLong = (reason: string) =>
  fail('http.invalid', {
    message: `expires_in_days: ${reason}`,
    data: { errors: [{ field: 'expiresInDays', message: reason }] },
  });

const nameTaken = (name: string) => fail('http.conflict', { message: `You have a token named "${name}" already` });

/** Those that are asked for. A token that has some itself hands on just these. */
const restrictionsOf = (
  { conditions }: TokenClaims,
  parent: Token | null,
  { ipRestrictions = [], timeRestrictions = null }: Pick<TokenScopeBody, 'ipRestrictions' | 'timeRestrictions'>,
): TokenRestrictions => {
  if (conditions === undefined)
    return {
      ipRestrictions: [...ipRestrictions],
      timeRestrictions: isEmpty(timeRestrictions) ? null : timeRestrictions,
    };
  if (parent === null || ipRestrictions.length > 0 || !isEmpty(timeRestrictions))
    throw fail('auth.grant_missing', {
      message: 'The token that asks is restricted by address or time: one that it makes is so too, and not otherwise',
    });
  return { ipRestrictions: parent.ipRestrictions, timeRestrictions: parent.timeRestrictions };
};

const isEmpty = (restrictions: TimeRestrictions | null): restrictions is null =>
  restrictions === null || readHours(restrictions) === null;

/** The permissions a new token carries; none means all of its user's, which only an unnarrowed caller can give. */
const inheritedBy = (caller: Principal, parent: TokenClaims, wanted: readonly Grant[]): readonly Grant[] => {
  const missing = firstNotHeld(caller, wanted);
  if (missing !== null)
    throw fail('auth.grant_missing', { message: `You do not hold the permission ${missing} yourself` });
  if (wanted.length > 0) return wanted;
  return parent.permissions.length === 0 ? [] : caller.permissions;
};
