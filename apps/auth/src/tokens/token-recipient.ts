import { Injectable } from '@nestjs/common';
import type { Grant } from '#contracts/auth/permission';
import type { Principal } from '#contracts/auth/principal';
import { fail } from '#libs/errors';
import { holds } from '#libs/identity';
import type { TokenClaims } from '../jwt/claims.js';
import { AccountStatusRepository } from '../policy/account-status.repository.js';
import { USE_PERMISSIONS, firstNotHeld, isAdministration } from '../policy/grants.js';
import { principalOfUser } from '../policy/principal.js';
import { MemberRepository } from '../teams/members/member.repository.js';
import { TeamAccess } from '../teams/team-access.js';
import type { User } from '../users/user.entity.js';
import { UserService } from '../users/user.service.js';
import type { CreateTokenBody } from './token.body.js';

/** Whom a token is made for. */
export interface TokenRecipient {
  readonly user: User;
  /** None that they or the maker do not hold. Empty, of one's own token alone: all that its user may. */
  readonly permissions: readonly Grant[];
  /** `null`: they make it themselves. */
  readonly createdBy: string | null;
  /** It waits until the recipient accepts it. */
  readonly isOffered: boolean;
}

/**
 * For whom a caller may make a token, and whose they may end. Whoever may set somebody's password can act as them anyhow, so their token is good at
 * once. An owner of a team cannot: as its value could be used for what is the member's alone, their private entries and their
 * consents to upstreams, the member accepts it first.
 */
@Injectable()
export class TokenRecipients {
  constructor(
    private readonly users: UserService,
    private readonly teams: TeamAccess,
    private readonly members: MemberRepository,
    private readonly statuses: AccountStatusRepository,
  ) {}

  /**
   * `parent`: what the token that asks says. Throws `auth.grant_missing` where the caller may not make such a token,
   * `http.invalid` for who is not there or not in the team.
   */
  async find(caller: Principal, parent: TokenClaims, body: CreateTokenBody): Promise<TokenRecipient> {
    const email = body.userEmail?.toLowerCase() ?? caller.id;
    const wanted = body.scope?.permissions ?? [];
    if (email !== caller.id) return this.other(caller, email, body.teamId ?? null, wanted);
    const user = await this.users.find(caller.id);
    if (user === null) throw fail('http.conflict', { message: 'Only users that are known here can have tokens' });
    return { user, permissions: inherited(caller, parent, wanted), createdBy: null, isOffered: false };
  }

  /** Throws `auth.credential_invalid` for who is no administrator, or no longer active. */
  async activeAdmin(email: string): Promise<User> {
    const user = await this.users.find(email);
    if (user === null || !user.isActive || !user.isAdmin)
      throw fail('auth.credential_invalid', { message: 'The platform administrator was removed or disabled' });
    return user;
  }

  /** Throws `auth.grant_missing` where the token is an administrator's and the caller is none. */
  checkMayEnd(caller: Principal, email: string): Promise<void> {
    return this.users.checkNoAdministrator(caller, email);
  }

  private async other(
    caller: Principal,
    email: string,
    teamId: string | null,
    wanted: readonly Grant[],
  ): Promise<TokenRecipient> {
    const isOffered = !holds(caller, 'admin.user_management');
    if (isOffered) await this.checkOwnsTeamOf(caller, email, teamId);
    const user = await this.users.find(email);
    if (user === null) throw unfit('there is no such user');
    if (!user.isActive) throw fail('http.conflict', { message: 'The user is disabled' });
    if (!isOffered) await this.users.checkMaySetPassword(caller, email);
    const status = await this.statuses.find(email, '', []);
    const recipient = principalOfUser(user, status);
    return { user, permissions: shared(caller, recipient, wanted), createdBy: caller.id, isOffered };
  }

  private async checkOwnsTeamOf(caller: Principal, email: string, teamId: string | null): Promise<void> {
    if (teamId === null)
      throw fail('auth.grant_missing', {
        message:
          'Tokens for others are made by who may manage users, or by an owner of the team (team_id) that they are in',
      });
    await this.teams.shared(caller, teamId, 'teams.manage_members');
    if (!(await this.teams.owns(caller, teamId)))
      throw fail('auth.grant_missing', { message: 'Only an owner of the team makes tokens for its members' });
    if ((await this.members.find(teamId, email)) === null) throw unfit('is not in this team');
  }
}

export const notHeld = (permission: Grant) =>
  fail('auth.grant_missing', { message: `You do not hold the permission ${permission} yourself` });

/** Of one's own token; none means all of its user's, which only an unnarrowed caller can give. */
export const inherited = (
  caller: Principal,
  parent: Pick<TokenClaims, 'permissions'>,
  wanted: readonly Grant[],
): readonly Grant[] => {
  const missing = firstNotHeld(caller, wanted);
  if (missing !== null) throw notHeld(missing);
  if (wanted.length > 0 || parent.permissions.length === 0) return wanted;
  if (caller.permissions.length > 0) return caller.permissions;
  // What a narrowed caller holds in teams alone has to be named, or the token would have all that its user may.
  throw fail('auth.grant_missing', { message: 'This token permits nothing but in teams: name the permissions' });
};

/** Of somebody else's. */
const shared = (caller: Principal, recipient: Principal, wanted: readonly Grant[]): readonly Grant[] => {
  const administering = wanted.find(isAdministration);
  if (administering !== undefined)
    throw fail('auth.grant_missing', {
      message: `A token for somebody else administers nothing, and so has no ${administering}`,
    });
  const missing = firstNotHeld(caller, wanted);
  if (missing !== null) throw notHeld(missing);
  const lacking = firstNotHeld(recipient, wanted);
  if (lacking !== null)
    throw fail('auth.grant_missing', { message: `${recipient.id} does not hold the permission ${lacking}` });
  if (wanted.length > 0) return wanted;
  const use = USE_PERMISSIONS.filter((permission) => holds(caller, permission) && holds(recipient, permission));
  // A token without any named would have all that its user may.
  if (use.length === 0)
    throw fail('auth.grant_missing', { message: `There is nothing that both you and ${recipient.id} may use` });
  return use;
};

const unfit = (reason: string) =>
  fail('http.invalid', {
    message: `user_email: ${reason}`,
    data: { errors: [{ field: 'userEmail', message: reason }] },
  });
