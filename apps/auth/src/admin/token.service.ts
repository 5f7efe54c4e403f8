import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Grant } from '#contracts/auth/permission';
import type { Principal } from '#contracts/auth/principal';
import { fail } from '#libs/errors';
import { fingerprintOf } from '../credential/api-token.credential.js';
import { RevocationService } from '../credential/revocation.service.js';
import { TokenIssuer } from '../credential/token-issuer.js';
import { ORDINARY_PERMISSIONS, firstNotHeld } from '../policy/grants.js';
import { ApiTokenRepository, type TokenPage } from '../storage/api-token.repository.js';
import type { ApiToken } from '../storage/api-token.entity.js';
import { UserRepository } from '../storage/user.repository.js';
import type { CreateTokenRequest } from './token.request.js';

const DAY_MS = 86_400_000;
const EXPIRES_IN_DAYS = 30;

/** Tokens that users ask for by name. A token never permits more than the one it was asked for with. */
@Injectable()
export class TokenService {
  constructor(
    private readonly tokens: ApiTokenRepository,
    private readonly users: UserRepository,
    private readonly issuer: TokenIssuer,
    private readonly revocations: RevocationService,
  ) {}

  /** The token's value is in this answer, and nowhere afterwards. */
  async create(caller: Principal, wish: CreateTokenRequest): Promise<{ record: ApiToken; token: string }> {
    const user = await this.users.find(caller.id);
    if (user === null) throw fail('http.conflict', { message: 'Only users that are known here can have tokens' });
    const permissions = handedOn(caller, wish.scope?.permissions ?? []);
    const serverId = wish.scope?.serverId ?? null;
    const issued = await this.issuer.issue({
      user,
      use: 'api',
      expiresInMs: (wish.expiresInDays ?? EXPIRES_IN_DAYS) * DAY_MS,
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
      name: wish.name,
      description: wish.description ?? null,
      serverId,
      permissions: [...permissions],
      expiresAt: issued.expiresAt,
    });
    if (record === null) throw fail('http.conflict', { message: `You have a token named "${wish.name}" already` });
    return { record, token: issued.token };
  }

  list(caller: Principal, limit: number, offset: number): Promise<TokenPage> {
    return this.tokens.list(caller.id, limit, offset);
  }

  listAll(limit: number, offset: number): Promise<TokenPage> {
    return this.tokens.list(null, limit, offset);
  }

  /** What belongs to somebody else does not exist, save for administrators. */
  async find(caller: Principal, id: string): Promise<ApiToken> {
    const record = await this.tokens.find(id);
    if (record === null || (record.userEmail !== caller.id && !caller.isAdmin)) throw fail('registry.unknown');
    return record;
  }

  async revoke(caller: Principal, id: string): Promise<void> {
    const { tokenId, expiresAt } = await this.find(caller, id);
    await this.revocations.revokeToken(tokenId, expiresAt, caller.id);
  }
}

/** The permissions a new token carries; none means all of its user's, which only an unnarrowed caller can give. */
const handedOn = (caller: Principal, wanted: readonly Grant[]): readonly Grant[] => {
  const missing = firstNotHeld(caller, wanted);
  if (missing !== null)
    throw fail('auth.grant_missing', { message: `You do not hold the permission ${missing} yourself` });
  if (wanted.length > 0) return wanted;
  const isWhole = caller.isAdmin || ORDINARY_PERMISSIONS.every((permission) => caller.permissions.includes(permission));
  return isWhole ? [] : caller.permissions;
};
