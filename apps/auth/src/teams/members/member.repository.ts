import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { InjectDatabase, transact } from '#libs/storage';
import { TEAMS_OF } from '../team.repository.js';
import { Member, type TeamRole } from './member.entity.js';

export interface NewMember {
  readonly teamId: string;
  readonly email: string;
  readonly role: TeamRole;
  readonly invitedBy: string | null;
}

/** How many a team may have, and in how many a user may be. */
export interface TeamLimits {
  readonly membersMax: number;
  readonly teamsMax: number;
}

/** Why somebody cannot be let into a team, or be let out of it. */
export type MemberObjection =
  | 'unknown_team'
  | 'unknown_user'
  | 'member_already'
  | 'team_full'
  | 'too_many_teams'
  | 'no_member'
  | 'last_owner'
  | 'owners_only';

interface MemberChange {
  readonly teamId: string;
  readonly email: string;
  /** `null`: out of the team. */
  readonly role: TeamRole | null;
  readonly byOwner: boolean;
}

/** The rows of `auth.team_members`. */
@Injectable()
export class MemberRepository {
  constructor(@InjectDatabase('auth') private readonly database: DataSource) {}

  find(teamId: string, userEmail: string): Promise<Member | null> {
    return this.database.getRepository(Member).findOneBy({ teamId, userEmail });
  }

  /** The memberships of one user. */
  listOf(userEmail: string): Promise<Member[]> {
    return this.database.getRepository(Member).findBy({ userEmail });
  }

  /** By e-mail, those after this one. */
  async list(teamId: string, after: string | null, limit: number | null): Promise<Member[]> {
    const query = this.database
      .getRepository(Member)
      .createQueryBuilder('member')
      .where('member.team_id = :teamId', { teamId })
      .orderBy('member.user_email');
    if (after !== null) query.andWhere('member.user_email > :after', { after });
    return limit === null ? query.getMany() : query.limit(limit).getMany();
  }

  /** Lets a user in. `also` is done in the same transaction, before. */
  add(
    { teamId, email, role, invitedBy }: NewMember,
    limits: TeamLimits,
    also: (manager: EntityManager) => Promise<MemberObjection | null> = async () => null,
  ): Promise<Member | MemberObjection> {
    return transact(this.database, async (manager) => {
      // The team first, as everybody does; what is counted then stays so.
      const [team] = (await manager.query(
        'SELECT max_members FROM auth.teams WHERE id = $1 AND deleted_at IS NULL FOR UPDATE',
        [teamId],
      )) as { max_members: number | null }[];
      if (team === undefined) return 'unknown_team';
      const users = (await manager.query(
        'SELECT email FROM auth.users WHERE email = $1 AND deleted_at IS NULL FOR UPDATE',
        [email],
      )) as unknown[];
      if (users.length === 0) return 'unknown_user';
      const objection = await also(manager);
      if (objection !== null) return objection;
      if (await manager.existsBy(Member, { teamId, userEmail: email })) return 'member_already';
      if ((await manager.countBy(Member, { teamId })) >= Math.min(team.max_members ?? Infinity, limits.membersMax))
        return 'team_full';
      const [{ count }] = (await manager.query(TEAMS_OF, [email])) as [{ count: number }];
      if (count >= limits.teamsMax) return 'too_many_teams';
      await manager.insert(Member, { teamId, userEmail: email, role, invitedBy });
      return manager.findOneByOrFail(Member, { teamId, userEmail: email });
    });
  }

  /** A team that has an owner keeps one. `byOwner`: whether owners may be made and unmade. */
  setRole(teamId: string, email: string, role: TeamRole, byOwner: boolean): Promise<Member | MemberObjection> {
    return this.changed({ teamId, email, role, byOwner }, (manager, { id }) =>
      manager.update(Member, { id }, { role }),
    );
  }

  /** As `setRole`. */
  remove(teamId: string, email: string, byOwner: boolean): Promise<Member | MemberObjection> {
    return this.changed({ teamId, email, role: null, byOwner }, (manager, { id }) => manager.delete(Member, { id }));
  }

  private changed(
    { teamId, email: userEmail, role: roleAfter, byOwner }: MemberChange,
    change: (manager: EntityManager, member: Member) => Promise<unknown>,
  ): Promise<Member | MemberObjection> {
    return transact(this.database, async (manager) => {
      await manager.query('SELECT FROM auth.teams WHERE id = $1 FOR UPDATE', [teamId]);
      const member = await manager.findOneBy(Member, { teamId, userEmail });
      if (member === null) return 'no_member';
      if (!byOwner && (member.role === 'owner' || roleAfter === 'owner')) return 'owners_only';
      const isLoss = member.role === 'owner' && roleAfter !== 'owner';
      if (isLoss && (await manager.countBy(Member, { teamId, role: 'owner' })) === 1) return 'last_owner';
      await change(manager, member);
      return Object.assign(member, { role: roleAfter ?? member.role });
    });
  }
}
