import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { isUUID } from 'class-validator';
import { ConnectorRevoked } from '#contracts/auth/connectors/connector-revoked.event';
import { CredentialRevoked, GrantsChanged } from '#contracts/auth/credential-revoked.event';
import { type ListServerTokens, SERVER_TOKENS_MAX } from '#contracts/auth/list-server-tokens.request';
import { type Grant, isGrant } from '#contracts/auth/permission';
import type { Principal } from '#contracts/auth/principal';
import type { ReplyOf } from '#contracts/define';
import { type Bus, InjectBus } from '#libs/bus';
import { fail, toGatewayError } from '#libs/errors';
import { type AuthSettings, InjectAuthSettings } from '../auth.settings.js';
import type { TokenClaims } from '../jwt/claims.js';
import { USE_PERMISSIONS, administers, firstNotHeld } from '../policy/grants.js';
import { type KnownUser, type Standing, sessionName } from '../policy/standing.js';
import { TeamAccess } from '../teams/team-access.js';
import type { User } from '../users/user.entity.js';
import { type IssuedToken, NOTHING_SPECIAL, TokenIssuer, issuedAs, lifeOf, restrictionsOf } from './token-issuer.js';
import { type SignInOrigin, tokenOrigin } from './sign-in-origin.js';
import { TokenRecipients, notHeld } from './token-recipient.js';
import type { ChangeTokenBody, CreateTokenBody } from './token.body.js';
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
  readonly inPlaceOf?: TokenClaims | undefined;
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
  /** Of one without a user, who is then whoever registered it; absent: a consent. */
  readonly madeBy?: 'client';
  /** The one team that it is for. */
  readonly teamId?: string | null;
  /** The token that asks for it, with which it ends. */
  readonly parent?: TokenClaims;
}

/** Issues tokens, keeps them on record and ends them. A token never permits more than the caller who asked for it. */
@Injectable()
export class TokenService {
  constructor(
    private readonly tokens: TokenRepository,
    private readonly teams: TeamAccess,
    private readonly recipients: TokenRecipients,
    private readonly issuer: TokenIssuer,
    @InjectAuthSettings() private readonly settings: AuthSettings,
    @InjectBus() private readonly bus: Bus,
  ) {}

  /**
   * A token by a name of its owner's, the caller or somebody else; `credential` is the token that asks for it. Its value is in
   * this answer and nowhere afterwards. Throws `auth.grant_missing` for a permission that the caller does not hold,
   * `http.invalid` for a life that is longer than allowed, `http.conflict` when the name is taken or its user has as many as
   * may be, and as `TokenRecipients.find`.
   */
  async create(
    caller: Principal,
    credential: string,
    body: CreateTokenBody,
  ): Promise<{ record: Token; token: string }> {
    const parent = await this.issuer.read(credential);
    const { user, permissions, createdBy, isOffered } = await this.recipients.find(caller, parent, body);
    const whose = createdBy === null ? 'You have' : `${user.email} has`;
    // What is offered counts for who offers it: nobody fills the place of another.
    await this.checkPlace(
      isOffered ? { createdBy: caller.id, isOffered } : { userEmail: user.email, isOffered },
      whose,
    );
    const serverId = body.scope?.serverId ?? caller.serverId;
    const teamId = body.teamId ?? null;
    if (teamId !== null) await this.teams.reached(caller, teamId);
    const restrictions = restrictionsOf(parent, await this.tokens.findByTokenId(parent.tokenId), body.scope ?? {});
    const issued = await this.issuer.issue({
      user,
      use: 'api',
      expiresInMs: lifeOf(parent, {
        expiresInDays: body.expiresInDays,
        usualDays: EXPIRES_IN_DAYS,
        maxMs: this.settings.tokenLifeMaxMs,
      }),
      isAdmin: createdBy === null && caller.isAdmin,
      teams: teamId !== null ? [teamId] : parent.teams === null ? null : caller.teams,
      serverId,
      permissions,
      restrictions,
    });
    const record = await this.tokens.add(
      {
        ...issuedAs(issued, user),
        name: body.name,
        description: body.description ?? null,
        serverId,
        permissions: [...permissions],
        parentTokenId: parent.tokenId,
        teamId,
        tags: [...new Set(body.tags ?? [])],
        ...restrictions,
        createdBy,
        isOffered,
      },
      { users: [user, shownBy(parent)], tokenId: parent.tokenId },
    );
    return { record: added(record, nameTaken(body.name, whose)), token: issued.token };
  }

  /**
   * A token for as long as a user is logged in; `inPlaceOf`: the session by which they ask for it. Throws `auth.credential_invalid` where
   * that, or all that they have, was ended meanwhile.
   */
  issueForSession(
    user: User,
    expiresInMs: number,
    origin: SignInOrigin | null = null,
    inPlaceOf?: TokenClaims,
  ): Promise<IssuedToken> {
    return this.issueOwn({ user, madeBy: 'login', expiresInMs, isAdmin: user.isAdmin, teams: null, origin, inPlaceOf });
  }

  /**
   * A token of an administrator that reaches every team. Throws `auth.credential_invalid` when the user is no
   * administrator, or no longer active.
   */
  async issueForAdmin(email: string, expiresInMs: number): Promise<IssuedToken> {
    const user = await this.recipients.activeAdmin(email);
    return this.issueOwn({ user, madeBy: 'start', expiresInMs, isAdmin: true, teams: null });
  }

  /** A token for a program that uses what is public, and administers nothing. Throws as `issueForAdmin` does. */
  async issueForUse(email: string, expiresInMs: number): Promise<IssuedToken> {
    const user = await this.recipients.activeAdmin(email);
    const permissions = USE_PERMISSIONS;
    return this.issueOwn({ user, madeBy: 'start', expiresInMs, isAdmin: false, teams: [], permissions });
  }

  /**
   * Puts a consent on record, or a client without a user. Every token that is given on it counts as this one: listed as one, ended as one,
   * at once. Throws `http.conflict` when the name is taken, `auth.credential_invalid` as `issueForSession` does.
   */
  async keepConsent({ consentId, user, expiresInMs, origin, parent, ...facts }: Consent): Promise<void> {
    await this.tokens.forgetPassed();
    const record = await this.tokens.add(
      {
        ...NOTHING_SPECIAL,
        madeBy: 'consent',
        ...facts,
        ...tokenOrigin(origin),
        parentTokenId: parent?.tokenId ?? null,
        id: randomUUID(),
        tokenId: consentId,
        tokenHash: '',
        userEmail: user.email,
        permissions: [...facts.permissions],
        expiresAt: new Date(Date.now() + expiresInMs),
      },
      standingOf(user, parent, origin),
    );
    added(record, nameTaken(facts.name, 'You have'));
  }

  /** The caller's own tokens, and those that they made for others, newest first. */
  list(caller: Principal, limit: number, offset: number): Promise<TokenPage> {
    return this.tokens.list([{ userEmail: caller.id }, { createdBy: caller.id }], limit, offset);
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

  /** Throws `registry.unknown` for a token that is not there or, for other than administrators, neither the caller's nor made by them. */
  async get(caller: Principal, id: string): Promise<Token> {
    const record = await this.tokens.find(id);
    const isTheirs = record?.userEmail === caller.id || record?.createdBy === caller.id;
    if (record === null || !(isTheirs || caller.isAdmin)) throw fail('registry.unknown');
    return record;
  }

  /**
   * Has a token that was made for the caller be good from now on. Throws `registry.unknown` for one that is not theirs,
   * `auth.grant_missing` where the token that asks (`credential`) is less than its user or ends before, `http.conflict` where they have as
   * many as may be.
   */
  async accept(caller: Principal, credential: string, id: string): Promise<Token> {
    const record = await this.get(caller, id);
    if (record.userEmail !== caller.id) throw fail('registry.unknown');
    const { use, expiresAtMs } = await this.issuer.read(credential);
    if (caller.isNarrowed === true || (use !== 'session' && expiresAtMs < record.expiresAt.getTime()))
      throw fail('auth.grant_missing', {
        message: 'A token that allows less than you may, or ends before, accepts none',
      });
    const missing = firstNotHeld(caller, record.permissions.filter(isGrant));
    if (missing !== null) throw notHeld(missing);
    if (record.isOffered) await this.checkPlace({ userEmail: caller.id, isOffered: false }, 'You have');
    await this.tokens.accept(record.id);
    this.bus.publish(GrantsChanged, { principalId: caller.id });
    await this.bus.flush();
    return this.get(caller, id);
  }

  /** Changes what it is called; what is left out stays. Throws as `get` does, and `http.conflict` when the name is taken. */
  async change(caller: Principal, id: string, { name, description, tags }: ChangeTokenBody): Promise<Token> {
    const record = await this.get(caller, id);
    const change = {
      ...(typeof name === 'string' && { name }),
      ...(description !== undefined && { description }),
      ...(Array.isArray(tags) && { tags: [...new Set(tags)] }),
    };
    if (Object.keys(change).length > 0 && !(await this.tokens.change(record.id, change)))
      throw nameTaken(name ?? '', record.userEmail === caller.id ? 'You have' : `${record.userEmail} has`);
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
    if (record !== null) await this.recipients.checkMayEnd(caller, record.userEmail);
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

  /** The record of a token by its `jti`. */
  recorded(tokenId: string): Promise<Token | null> {
    return this.tokens.findByTokenId(tokenId);
  }

  /** Whether that was used up. */
  isSpent(id: string): Promise<boolean> {
    return this.tokens.isRevoked(id);
  }

  private async checkPlace(of: Parameters<TokenRepository['countGood']>[0], whose: string): Promise<void> {
    const { tokensMax } = this.settings;
    if ((await this.tokens.countGood(of)) < tokensMax) return;
    const message = of.isOffered
      ? `You offer ${tokensMax} tokens that nobody has accepted; revoke one to offer another`
      : `${whose} ${tokensMax} good tokens; revoke one to have another`;
    throw fail('http.conflict', { message });
  }

  private async endWithDescendants(first: Pick<Token, 'tokenId' | 'expiresAt'>, revokedBy: string): Promise<void> {
    // The first one first: what cannot ask for others any more has no new descendants, once those are found that it still had asked for.
    await this.end(first.tokenId, first.expiresAt, revokedBy);
    const ended = [first.tokenId];
    for (;;) {
      const descendants = await this.tokens.findDescendants(first.tokenId);
      if (descendants.length === 0) break;
      for (const { tokenId, expiresAt } of descendants) await this.end(tokenId, expiresAt, revokedBy);
      ended.push(...descendants.map(({ tokenId }) => tokenId));
    }
    for (const connectorId of await this.tokens.endConnectors(ended))
      this.bus.publish(ConnectorRevoked, { connectorId });
    await this.bus.flush();
  }

  private async issueOwn({ user, madeBy, inPlaceOf, ...own }: OwnToken): Promise<IssuedToken> {
    const { permissions = [], origin = null } = own;
    const issued = await this.issuer.issue({ user, use: madeBy === 'login' ? 'session' : 'api', ...own });
    await this.tokens.forgetPassed();
    const record = await this.tokens.add(
      {
        ...issuedAs(issued, user),
        name: `${madeBy} ${issued.tokenId}`,
        madeBy,
        permissions: [...permissions],
        ...tokenOrigin(origin),
      },
      standingOf(user, inPlaceOf, origin),
    );
    added(record);
    return issued;
  }
}

/** Its user, as they were when it was made. */
export const shownBy = ({ subject, issuedAtMs }: TokenClaims): KnownUser => ({
  email: subject,
  credentialsNotBefore: new Date(issuedAtMs ?? 0),
});

const standingOf = (user: User, asking: TokenClaims | undefined, origin: SignInOrigin | null): Standing => ({
  users: asking === undefined ? [user] : [user, shownBy(asking)],
  ...(asking !== undefined && { tokenId: asking.tokenId }),
  ...(origin !== null && origin.session !== null && { session: sessionName(origin.issuer, origin.session) }),
});

/** Throws `auth.credential_invalid` for what was not added as that by which it was asked for has ended. */
const added = (record: Token | 'name_taken' | 'ended', taken = fail('platform.internal')): Token => {
  if (record === 'name_taken') throw taken;
  if (record === 'ended')
    throw fail('auth.credential_invalid', { message: 'What you signed in with was ended meanwhile; sign in again' });
  return record;
};

const nameTaken = (name: string, whose: string) =>
  fail('http.conflict', { message: `${whose} a token or client named "${name}" already` });
