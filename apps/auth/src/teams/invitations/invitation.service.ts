import { Injectable } from '@nestjs/common';
import type { Principal } from '#contracts/auth/principal';
import { GatewayError, fail } from '#libs/errors';
import { isPublicOnly } from '#libs/identity';
import { AccountStatusRepository } from '../../policy/account-status.repository.js';
import { principalOfUser } from '../../policy/principal.js';
import { type AuthSettings, InjectAuthSettings } from '../../auth.settings.js';
import type { Member, TeamRole } from '../members/member.entity.js';
import { MemberRepository } from '../members/member.repository.js';
import { MemberService } from '../members/member.service.js';
import { TeamAccess } from '../team-access.js';
import type { Team } from '../team.entity.js';
import { Invitation } from './invitation.entity.js';
import { InvitationRepository } from './invitation.repository.js';

/** An invitation and what it is to. */
export interface TeamInvitation {
  readonly invitation: Invitation;
  readonly team: Team;
}

/** Invitations: an owner says who may join, and whoever it is joins. They may be made before their user is. */
@Injectable()
export class InvitationService {
  constructor(
    private readonly invitations: InvitationRepository,
    private readonly members: MemberService,
    private readonly memberships: MemberRepository,
    private readonly access: TeamAccess,
    private readonly statuses: AccountStatusRepository,
    @InjectAuthSettings() private readonly settings: AuthSettings,
  ) {}

  /**
   * Throws as `MemberService.checkMayGive` does, and `http.conflict` for a member, too many that are open, or a caller who
   * administers by what an issuer says alone: whether they still do cannot be asked when it is accepted.
   */
  async create(caller: Principal, teamId: string, address: string, role: TeamRole): Promise<TeamInvitation> {
    const team = await this.members.checkMayGive(caller, teamId, role);
    if (!(await this.mayInvite(caller.id, teamId, role)))
      throw fail('http.conflict', {
        message:
          'An invitation is good while its maker owns the team or is an administrator here; put the user in instead',
      });
    const email = address.toLowerCase();
    if ((await this.memberships.find(teamId, email)) !== null)
      throw fail('http.conflict', { message: 'The user is in the team already' });
    const { membersMax, invitationLifeMs } = this.settings.teams;
    const expiresAt = new Date(Date.now() + invitationLifeMs);
    const invitation = await this.invitations.add({ teamId, email, role, invitedBy: caller.id, expiresAt }, membersMax);
    if (invitation === null)
      throw fail('http.conflict', { message: `${membersMax} invitations to the team are open, the most allowed` });
    return { invitation, team };
  }

  /** For owners, the oldest first. Throws as `TeamAccess.owned` does. */
  async list(caller: Principal, teamId: string): Promise<TeamInvitation[]> {
    const team = await this.access.owned(caller, teamId, 'teams.manage_members');
    return (await this.invitations.list(teamId)).map((invitation) => ({ invitation, team }));
  }

  /**
   * Throws `registry.unknown` for one that is not there, not for the caller, has expired, or whose maker may not invite any
   * more; else as `MemberService.add`.
   */
  async accept(caller: Principal, token: string): Promise<Member> {
    if (isPublicOnly(caller))
      throw fail('auth.grant_missing', { message: 'The token reaches public things only; it can join no team' });
    const found = await this.invitations.findOpen(token);
    if (found === null || found.email !== caller.id) throw fail('registry.unknown');
    const { id, teamId, email, role, invitedBy } = found;
    if (!(await this.mayInvite(invitedBy, teamId, role))) throw fail('registry.unknown');
    return this.members.admit({ teamId, email, role, invitedBy }, async (manager) => {
      const { affected } = await manager.delete(Invitation, { id });
      return affected === 1 ? null : 'no_member';
    });
  }

  /** By an owner of the team, or who invited. Throws `registry.unknown` where there is none, or not for the caller. */
  async cancel(caller: Principal, id: string): Promise<void> {
    const found = await this.invitations.find(id);
    if (found === null) throw fail('registry.unknown');
    await (found.invitedBy === caller.id
      ? this.access.reached(caller, found.teamId)
      : this.access.owned(caller, found.teamId, 'teams.manage_members'));
    if (!(await this.invitations.remove(id))) throw fail('registry.unknown');
  }

  /** By what is on record of them now. */
  private async mayInvite(email: string, teamId: string, role: TeamRole): Promise<boolean> {
    const status = await this.statuses.find(email, '', []);
    if (status.user === null) return false;
    try {
      await this.members.checkMayGive(principalOfUser(status.user, status), teamId, role);
      return true;
    } catch (error) {
      if (error instanceof GatewayError) return false;
      throw error;
    }
  }
}
