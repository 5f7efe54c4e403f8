import { Injectable } from '@nestjs/common';
import type { Permission } from '#contracts/auth/permission';
import type { Principal } from '#contracts/auth/principal';
import { fail } from '#libs/errors';
import { holds, holdsByTeam } from '#libs/identity';
import { administers } from '../policy/grants.js';
import { MemberRepository } from './members/member.repository.js';
import type { Team } from './team.entity.js';
import { TeamRepository } from './team.repository.js';

/** Which teams a caller reaches, and which of them they may change. A token reaches no more than its teams. */
@Injectable()
export class TeamAccess {
  constructor(
    private readonly teams: TeamRepository,
    private readonly members: MemberRepository,
  ) {}

  /** A team that is there, whoever asks. Throws `registry.unknown` for any other. */
  async find(id: string): Promise<Team> {
    const team = await this.teams.find(id);
    if (team === null) throw fail('registry.unknown');
    return team;
  }

  /** A team that the caller may know of: theirs, or a public one. Throws `registry.unknown` for any other. */
  async visible(caller: Principal, id: string): Promise<Team> {
    const team = await this.find(id);
    const isShown = team.visibility === 'public' && caller.confinedTo === undefined;
    if (!reaches(caller, id) && !isShown) throw fail('registry.unknown');
    return team;
  }

  /** A team that the caller is in. Throws `registry.unknown`, or `auth.grant_missing` for a public one they are not in. */
  async reached(caller: Principal, id: string): Promise<Team> {
    const team = await this.visible(caller, id);
    if (!reaches(caller, id)) throw fail('auth.grant_missing', { message: 'You are not in this team' });
    return team;
  }

  /** A team that the caller may change: its owner, an administrator, or by a role in it. Throws as `reached` does. */
  async owned(caller: Principal, id: string, permission: Permission): Promise<Team> {
    const team = await this.reached(caller, id);
    if (administers(caller) || holdsByTeam(caller, id, permission)) return team;
    if (holds(caller, permission) && (await this.isOwner(caller, id))) return team;
    throw fail('auth.grant_missing', {
      message: 'Only an owner of the team, or whose role in it allows this, may do this',
    });
  }

  /** Whether the caller says who its owners are: one of them, or an administrator. A role in the team does not make one. */
  async owns(caller: Principal, id: string): Promise<boolean> {
    return administers(caller) || (await this.isOwner(caller, id));
  }

  /** Throws `http.conflict` for the personal team of a user, in which nobody else is. */
  async shared(caller: Principal, id: string, permission: Permission): Promise<Team> {
    const team = await this.owned(caller, id, permission);
    if (team.isPersonal) throw fail('http.conflict', { message: 'A personal team is of its user alone, and stays' });
    return team;
  }

  private async isOwner(caller: Principal, id: string): Promise<boolean> {
    return (await this.members.find(id, caller.id))?.role === 'owner';
  }
}

/** Those that the token reaches, or in which a role allows what is asked; `null` is every team. */
export const reachedTeams = ({ teams, confinedTo }: Principal): readonly string[] | null => confinedTo ?? teams;

export const reaches = (caller: Principal, id: string): boolean => reachedTeams(caller)?.includes(id) ?? true;
