import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { CredentialRevoked } from '#contracts/auth/credential-revoked.event';
import type { Grant } from '#contracts/auth/permission';
import type { Principal } from '#contracts/auth/principal';
import { type Bus, InjectBus } from '#libs/bus';
import { fail } from '#libs/errors';
import { ORDINARY_PERMISSIONS, firstNotHeld } from '../policy/grants.js';
import type { User } from '../users/user.entity.js';
import { UserService } from '../users/user.service.js';
import { type IssuedToken, TokenIssuer } from './token-issuer.js';
import { fingerprintOf } from './token-record.js';
import type { CreateTokenBody } from './token.body.js';
import type { Token } from './token.entity.js';
import { type TokenPage, TokenRepository } from './token.repository.js';

const DAY_MS = 86_400_000;
const EXPIRES_IN_DAYS = 30;

/** Issues tokens and ends them. A token never permits more than the caller who asked for it. */
@Injectable()
export class TokenService {
  constructor(
    private readonly tokens: TokenRepository,
    private readonly users: UserService,
    private readonly issuer: TokenIssuer,
    @InjectBus() private readonly bus: Bus,
  ) {}

  /**
   * A token by a name of its owner's. Its value is in this answer and nowhere afterwards. Throws `auth.grant_missing` for
   * a permission that the caller does not hold, `http.conflict` when the name is taken.
   */
  async create(caller: Principal, body: CreateTokenBody): Promise<{ record: Token; token: string }> {
    const user = await this.users.find(caller.id);
    if (user === null) throw fail('http.conflict', { message: 'Only users that are known here can have tokens' });
    const permissions = inheritedBy(caller, body.scope?.permissions ?? []);
    const serverId = body.scope?.serverId ?? null;
    const issued = await this.issuer.issue({
      user,
      use: 'api',
      expiresInMs: (body.expiresInDays ?? EXPIRES_IN_DAYS) * DAY_MS,
      isAdmin: caller.isAdmin,
      teams: caller.teams,
      serverId,
      permissions,
    });
    const record = await this.tokens.add({
      id: randomUUID(),
      tokenId: issued.tokenId,
      tokenHash: fingerprintOf(issued.token),
      userEmail: user.email,
      name: body.name,
      description: body.description ?? null,
      serverId,
      permissions: [...permissions],
      expiresAt: issued.expiresAt,
    });
    if (record === null) throw fail('http.conflict', { message: `You have a token named "${body.name}" already` });
    return { record, token: issued.token };
  }

  /** A token for as long as a user is logged in; it is not on record. */
  issueForSession(user: User, expiresInMs: number): Promise<IssuedToken> {
    const { isAdmin } = user;
    return this.issuer.issue({ user, use: 'session', expiresInMs, isAdmin, teams: isAdmin ? null : [] });
  }

  /**
   * A token of an administrator that reaches every team; it is not on record. Throws `auth.credential_invalid` when the
   * user is no administrator, or no longer active.
   */
  async issueForAdmin(email: string, expiresInMs: number): Promise<string> {
    const user = await this.users.find(email);
    if (user === null || !user.isActive || !user.isAdmin) {
      throw fail('auth.credential_invalid', { message: 'The platform administrator was removed or disabled' });
    }
    const { token } = await this.issuer.issue({ user, use: 'api', expiresInMs, isAdmin: true, teams: null });
    return token;
  }

  /** The caller's own tokens, newest first. */
  list(caller: Principal, limit: number, offset: number): Promise<TokenPage> {
    return this.tokens.list(caller.id, limit, offset);
  }

  /** Everybody's tokens, newest first. */
  listAll(limit: number, offset: number): Promise<TokenPage> {
    return this.tokens.list(null, limit, offset);
  }

  /** Throws `registry.unknown` also for what belongs to somebody else, save for administrators. */
  async get(caller: Principal, id: string): Promise<Token> {
    const record = await this.tokens.find(id);
    if (record === null || (record.userEmail !== caller.id && !caller.isAdmin)) throw fail('registry.unknown');
    return record;
  }

  async revoke(caller: Principal, id: string): Promise<void> {
    const { tokenId, expiresAt } = await this.get(caller, id);
    await this.end(tokenId, expiresAt, caller.id);
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
}

/** The permissions a new token carries; none means all of its user's, which only an unnarrowed caller can give. */
const inheritedBy = (caller: Principal, wanted: readonly Grant[]): readonly Grant[] => {
  const missing = firstNotHeld(caller, wanted);
  if (missing !== null)
    throw fail('auth.grant_missing', { message: `You do not hold the permission ${missing} yourself` });
  if (wanted.length > 0) return wanted;
  const isWhole = caller.isAdmin || ORDINARY_PERMISSIONS.every((permission) => caller.permissions.includes(permission));
  return isWhole ? [] : caller.permissions;
};
