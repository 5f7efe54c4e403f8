import { Injectable } from '@nestjs/common';
import { GrantsChanged } from '#contracts/auth/credential-revoked.event';
import type { Principal } from '#contracts/auth/principal';
import { type Bus, InjectBus } from '#libs/bus';
import { fail } from '#libs/errors';
import { type AuthSettings, InjectAuthSettings } from '../../auth.settings.js';
import { TeamAccess } from '../team-access.js';
import type { Team } from '../team.entity.js';
import type { Member, TeamRole } from './member.entity.js';
import { type MemberObjection, MemberRepository, type NewMember } from './member.repository.js';

/** Who is in a team. Each change is announced once it is committed: whoever remembers the user drops them. */
@Injectable()
export class MemberService {
  constructor(
    private readonly members: MemberRepository,
    private readonly access: TeamAccess,
    @InjectAuthSettings() private readonly settings: AuthSettings,
    @InjectBus() private readonly bus: Bus,
  ) {}

  /** By e-mail, for those who are in the team. Throws as `TeamAccess.reached` does. */
  async list(caller: Principal, teamId: string, after: string | null, limit: number | null): Promise<Member[]> {
    await this.access.reached(caller, teamId);
    return this.members.list(teamId, after, limit);
  }

  /** Throws as `checkMayGive` does, `http.invalid` for an unknown user, `http.conflict` where there is no place. */
  async add(caller: Principal, teamId: string, email: string, role: TeamRole): Promise<Member> {
    await this.checkMayGive(caller, teamId, role);
    return this.admit({ teamId, email: email.toLowerCase(), role, invitedBy: caller.id });
  }

  /**
   * A team in which the caller may give somebody this place. Throws as `TeamAccess.shared` does, and `auth.grant_missing` where
   * a role in the team, rather than an owner or an administrator, would make an owner.
   */
  async checkMayGive(caller: Principal, teamId: string, role: TeamRole): Promise<Team> {
    const team = await this.access.shared(caller, teamId, 'teams.manage_members');
    if (role === 'owner' && !(await this.access.owns(caller, teamId))) throw this.refusal('owners_only');
    return team;
  }

  /** Lets a user in without asking whether somebody may; `also` is done in the same transaction. Throws as `add` does. */
  async admit(member: NewMember, also?: Parameters<MemberRepository['add']>[2]): Promise<Member> {
    return this.announced(member.email, await this.members.add(member, this.settings.teams, also));
  }

  /** Throws as `checkMayGive` does, also where the member is an owner, and `http.conflict` for the last owner. */
  async setRole(caller: Principal, teamId: string, email: string, role: TeamRole): Promise<Member> {
    await this.access.shared(caller, teamId, 'teams.manage_members');
    const key = email.toLowerCase();
    return this.announced(key, await this.members.setRole(teamId, key, role, await this.access.owns(caller, teamId)));
  }

  /** Anybody may take themselves out. Throws as `setRole` does. */
  async remove(caller: Principal, teamId: string, email: string): Promise<void> {
    const key = email.toLowerCase();
    if (key === caller.id) return this.leave(caller, teamId);
    await this.access.shared(caller, teamId, 'teams.manage_members');
    await this.announced(key, await this.members.remove(teamId, key, await this.access.owns(caller, teamId)));
  }

  /** Throws `registry.unknown` for a team that the caller is not in, `http.conflict` for its last owner. */
  async leave(caller: Principal, teamId: string): Promise<void> {
    const team = await this.access.reached(caller, teamId);
    if (team.isPersonal) throw fail('http.conflict', { message: 'Nobody leaves a personal team' });
    await this.announced(caller.id, await this.members.remove(teamId, caller.id, true));
  }

  private async announced(email: string, done: Member | MemberObjection): Promise<Member> {
    if (typeof done === 'string') throw this.refusal(done);
    this.bus.publish(GrantsChanged, { principalId: email });
    await this.bus.flush();
    return done;
  }

  private refusal(objection: MemberObjection) {
    const { membersMax, teamsMax } = this.settings.teams;
    switch (objection) {
      case 'unknown_team':
      case 'no_member':
        return fail('registry.unknown');
      case 'unknown_user':
        return fail('http.invalid', {
          message: 'email: there is no such user',
          data: { errors: [{ field: 'email', message: 'there is no such user' }] },
        });
      case 'member_already':
        return fail('http.conflict', { message: 'The user is in the team already' });
      case 'team_full':
        return fail('http.conflict', { message: `The team is full; no team may have more than ${membersMax} members` });
      case 'too_many_teams':
        return fail('http.conflict', { message: `The user is in ${teamsMax} teams, the most allowed` });
      case 'owners_only':
        return fail('auth.grant_missing', {
          message: 'Only an owner of the team, or an administrator, makes owners and unmakes them',
        });
      case 'last_owner':
        return fail('http.conflict', { message: 'A team keeps an owner: make somebody else one first' });
    }
  }
}
