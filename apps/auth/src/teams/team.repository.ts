import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { DataSource, type SelectQueryBuilder } from 'typeorm';
import { InjectDatabase, transact } from '#libs/storage';
import { Member } from './members/member.entity.js';
import { Team, type TeamVisibility } from './team.entity.js';

export interface NewTeam {
  readonly name: string;
  readonly slug: string;
  readonly description: string | null;
  readonly visibility: TeamVisibility;
  readonly maxMembers: number | null;
  /** Who is its first owner. */
  readonly createdBy: string;
}

export type TeamChange = Partial<Pick<Team, 'name' | 'description' | 'visibility' | 'maxMembers'>>;

/** A team and how many are in it. */
export interface CountedTeam {
  readonly team: Team;
  readonly memberCount: number;
}

/** Which part of a list: after the team with that id, or leaving out so many. */
export interface TeamPage {
  readonly after: string | null;
  readonly skip: number;
  readonly limit: number;
}

/** The rows of `auth.teams`. A deleted team stays as a row but is found by nobody. */
@Injectable()
export class TeamRepository {
  constructor(@InjectDatabase('auth') private readonly database: DataSource) {}

  async find(id: string): Promise<Team | null> {
    const team = await this.database.getRepository(Team).findOneBy({ id });
    return team === null || team.deletedAt !== null ? null : team;
  }

  async counted(team: Team): Promise<CountedTeam> {
    const [counted] = await this.countMembers([team]);
    return counted ?? { team, memberCount: 0 };
  }

  /** `null` when the slug is taken, or `teamsMax` teams have the creator as a member. */
  async add(team: NewTeam, teamsMax: number): Promise<Team | 'slug_taken' | 'too_many'> {
    return transact(this.database, async (manager) => {
      // Whoever makes two at once makes one after the other.
      await manager.query('SELECT FROM auth.users WHERE email = $1 FOR UPDATE', [team.createdBy]);
      const [{ count }] = (await manager.query(TEAMS_OF, [team.createdBy])) as [{ count: number }];
      if (count >= teamsMax) return 'too_many';
      const id = newTeamId();
      await manager
        .createQueryBuilder()
        .insert()
        .into(Team)
        .values({ id, ...team })
        .orIgnore()
        .execute();
      const made = await manager.findOneBy(Team, { id });
      if (made === null) return 'slug_taken';
      await manager.insert(Member, { teamId: id, userEmail: team.createdBy, role: 'owner' });
      return made;
    });
  }

  /** Makes a team with this very id, unless there is or was one. Another one that has the slug stays, and is answered. */
  async ensure(id: string, slug: string, createdBy: string): Promise<Team | null> {
    await this.database.query(
      `INSERT INTO auth.teams (id, name, slug, created_by) VALUES ($1, $1, $2, $3) ON CONFLICT DO NOTHING`,
      [id, slug, createdBy],
    );
    return this.query()
      .andWhere('team.slug = ANY(:slugs) AND team.id <> :id', { slugs: [slug, id], id })
      .orderBy('team.id')
      .limit(1)
      .getOne();
  }

  /** The ids of the teams that are there under these ids or slugs, by what they were called. */
  async named(names: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const rows: { name: string; id: string }[] = await this.database.query(
      `SELECT asked.name, team.id FROM unnest($1::text[]) AS asked (name)
       JOIN auth.teams team ON team.id = asked.name OR team.slug = asked.name
       WHERE team.deleted_at IS NULL AND NOT team.is_personal ORDER BY team.id = asked.name`,
      [names],
    );
    return new Map(rows.map(({ name, id }) => [name, id]));
  }

  async change(id: string, change: TeamChange): Promise<void> {
    await this.database.getRepository(Team).update({ id }, { ...change, updatedAt: () => 'now()' });
  }

  /** Ends all that belongs to it, and says who was in it. */
  async remove(id: string): Promise<string[]> {
    return transact(this.database, async (manager) => {
      // The team first, as everybody does: nobody comes in meanwhile.
      await manager.query('SELECT FROM auth.teams WHERE id = $1 FOR UPDATE', [id]);
      const members = await manager.findBy(Member, { teamId: id });
      for (const table of ['join_requests', 'invitations', 'team_members'])
        await manager.query(`DELETE FROM auth.${table} WHERE team_id = $1`, [id]);
      await manager.query('UPDATE auth.teams SET deleted_at = now(), updated_at = now() WHERE id = $1', [id]);
      return members.map(({ userEmail }) => userEmail);
    });
  }

  /** Oldest first: those with these ids, or all that are not personal. */
  async list(ids: readonly string[] | null, page: TeamPage): Promise<{ teams: CountedTeam[]; total: number }> {
    const query = this.query();
    if (ids === null) query.andWhere('NOT team.is_personal');
    else query.andWhere('team.id = ANY(:ids)', { ids });
    const total = await query.getCount();
    return { teams: await this.countMembers(await paged(query, page).getMany()), total };
  }

  /** Public teams that the user is not in, oldest first. */
  async discover(email: string, page: TeamPage): Promise<CountedTeam[]> {
    const query = this.query()
      .andWhere(`team.visibility = 'public' AND NOT team.is_personal`)
      .andWhere(
        'NOT EXISTS (SELECT FROM auth.team_members mine WHERE mine.team_id = team.id AND mine.user_email = :email)',
        { email },
      );
    return this.countMembers(await paged(query, page).getMany());
  }

  private query(): SelectQueryBuilder<Team> {
    return this.database.getRepository(Team).createQueryBuilder('team').where('team.deleted_at IS NULL');
  }

  private async countMembers(teams: readonly Team[]): Promise<CountedTeam[]> {
    const rows: { team_id: string; count: number }[] = await this.database.query(
      'SELECT team_id, count(*)::int AS count FROM auth.team_members WHERE team_id = ANY($1) GROUP BY team_id',
      [teams.map(({ id }) => id)],
    );
    const counts = new Map(rows.map((row) => [row.team_id, row.count]));
    return teams.map((team) => ({ team, memberCount: counts.get(team.id) ?? 0 }));
  }
}

/** Those that are not personal. */
export const TEAMS_OF = `
  SELECT count(*)::int AS count FROM auth.team_members member
  JOIN auth.teams team ON team.id = member.team_id AND NOT team.is_personal AND team.deleted_at IS NULL
  WHERE member.user_email = $1`;

const newTeamId = (): string => randomBytes(16).toString('hex');

const paged = (query: SelectQueryBuilder<Team>, { after, skip, limit }: TeamPage): SelectQueryBuilder<Team> => {
  if (after !== null)
    query.andWhere('(team.created_at, team.id) > (SELECT created_at, id FROM auth.teams WHERE id = :after)', { after });
  return query.orderBy('team.created_at').addOrderBy('team.id').offset(skip).limit(limit);
};
