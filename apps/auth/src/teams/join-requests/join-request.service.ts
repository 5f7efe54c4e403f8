import { Injectable } from '@nestjs/common';
import type { Principal } from '#contracts/auth/principal';
import { fail } from '#libs/errors';
import { isPublicOnly } from '#libs/identity';
import { type AuthSettings, InjectAuthSettings } from '../../auth.settings.js';
import { UserService } from '../../users/user.service.js';
import type { Member } from '../members/member.entity.js';
import { MemberRepository } from '../members/member.repository.js';
import { MemberService } from '../members/member.service.js';
import { TeamAccess } from '../team-access.js';
import type { Team } from '../team.entity.js';
import { JoinRequest } from './join-request.entity.js';
import { JoinRequestRepository } from './join-request.repository.js';

/** A wish to join, and which team. */
export interface TeamJoinRequest {
  readonly request: JoinRequest;
  readonly team: Team;
}

/** Wishes to join a public team: anybody may have one, its owners decide. */
@Injectable()
export class JoinRequestService {
  constructor(
    private readonly requests: JoinRequestRepository,
    private readonly members: MemberService,
    private readonly memberships: MemberRepository,
    private readonly users: UserService,
    private readonly access: TeamAccess,
    @InjectAuthSettings() private readonly settings: AuthSettings,
  ) {}

  /** Throws `registry.unknown` for a team that is not public, `http.conflict` for a member, or a second wish. */
  async create(caller: Principal, teamId: string, message: string | null): Promise<TeamJoinRequest> {
    const team = await this.access.visible(caller, teamId);
    if (team.visibility !== 'public')
      throw fail('http.conflict', { message: 'Only public teams can be asked to join' });
    if (isPublicOnly(caller))
      throw fail('auth.grant_missing', { message: 'The token reaches public things only; it can join no team' });
    if ((await this.users.find(caller.id)) === null)
      throw fail('http.conflict', { message: 'Only users that are known here can join teams' });
    if ((await this.memberships.find(teamId, caller.id)) !== null)
      throw fail('http.conflict', { message: 'You are in the team already' });
    const { membersMax, invitationLifeMs } = this.settings.teams;
    const expiresAt = new Date(Date.now() + invitationLifeMs);
    const request = await this.requests.add({ teamId, userEmail: caller.id, message, expiresAt }, membersMax);
    if (request === null)
      throw fail('http.conflict', { message: 'You have asked already, or too many others wait for an answer' });
    return { request, team };
  }

  /** For owners. Throws as `TeamAccess.owned` does. */
  async list(caller: Principal, teamId: string): Promise<TeamJoinRequest[]> {
    const team = await this.access.owned(caller, teamId, 'teams.manage_members');
    return (await this.requests.list(teamId)).map((request) => ({ request, team }));
  }

  /** Throws as `TeamAccess.shared` does, `registry.unknown` for one that is not there, else as `MemberService.add`. */
  async approve(caller: Principal, teamId: string, id: string): Promise<Member> {
    await this.access.shared(caller, teamId, 'teams.manage_members');
    const found = await this.requests.find(teamId, id);
    if (found === null) throw fail('registry.unknown');
    const member = { teamId, email: found.userEmail, role: 'member', invitedBy: caller.id } as const;
    return this.members.admit(member, async (manager) => {
      const { affected } = await manager.delete(JoinRequest, { id });
      return affected === 1 ? null : 'no_member';
    });
  }

  /** An owner refuses it, or who made it takes it back. Throws `registry.unknown` where there is none for the caller. */
  async remove(caller: Principal, teamId: string, id: string): Promise<void> {
    const found = await this.requests.find(teamId, id);
    if (found?.userEmail !== caller.id) await this.access.owned(caller, teamId, 'teams.manage_members');
    if (found === null || !(await this.requests.remove(id))) throw fail('registry.unknown');
  }
}
