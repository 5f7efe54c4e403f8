import { ApiProperty } from '@nestjs/swagger';
import type { CountedTeam } from './team.repository.js';
import { TEAM_VISIBILITIES, type TeamVisibility } from './team.entity.js';
import { cursorAfter } from './team.query.js';

const TEAM_ID = { type: String, example: '6f1d0c5ab7e04b0f9c3f0d7a5e2b8c41' } as const;

/** A team as REST shows it. */
export class TeamView {
  @ApiProperty(TEAM_ID)
  id!: string;

  @ApiProperty({ type: String, example: 'Tool makers' })
  name!: string;

  @ApiProperty({ type: String, example: 'tool-makers' })
  slug!: string;

  @ApiProperty({ type: String, nullable: true, example: 'Who builds and keeps our tools' })
  description!: string | null;

  @ApiProperty({
    type: String,
    format: 'email',
    nullable: true,
    example: 'ann@example.org',
    description: 'Null where you are not in the team.',
  })
  created_by!: string | null;

  @ApiProperty({ type: Boolean, example: false, description: 'Of one user alone, for as long as they are here.' })
  is_personal!: boolean;

  @ApiProperty({ enum: TEAM_VISIBILITIES, example: 'private' })
  visibility!: TeamVisibility;

  @ApiProperty({ type: 'integer', nullable: true, example: null })
  max_members!: number | null;

  @ApiProperty({ type: 'integer', example: 3 })
  member_count!: number;

  @ApiProperty({ type: String, format: 'date-time' })
  created_at!: Date;

  @ApiProperty({ type: String, format: 'date-time' })
  updated_at!: Date;

  @ApiProperty({ type: Boolean, example: true, description: 'Always true: a deleted team is not shown.' })
  is_active!: boolean;
}

export class TeamListView {
  @ApiProperty({ type: [TeamView] })
  teams!: readonly TeamView[];

  @ApiProperty({ type: 'integer', example: 1, description: 'Teams in all.' })
  total!: number;
}

export class TeamPageView {
  @ApiProperty({ type: [TeamView] })
  teams!: readonly TeamView[];

  @ApiProperty({ type: String, nullable: true, example: null, description: 'Null on the last page.' })
  nextCursor!: string | null;
}

/** A team that can be asked to join. */
export class TeamDiscoveryView {
  @ApiProperty(TEAM_ID)
  id!: string;

  @ApiProperty({ type: String, example: 'Tool makers' })
  name!: string;

  @ApiProperty({ type: String, nullable: true, example: 'Who builds and keeps our tools' })
  description!: string | null;

  @ApiProperty({ type: 'integer', example: 3 })
  member_count!: number;

  @ApiProperty({ type: String, format: 'date-time' })
  created_at!: Date;

  @ApiProperty({ type: Boolean, example: true })
  is_joinable!: boolean;
}

/** That something was done which has nothing to show. */
export class DoneView {
  @ApiProperty({ type: Boolean, example: true })
  success!: boolean;

  @ApiProperty({ type: String, example: 'Team deleted successfully' })
  message!: string;
}

export const doneView = (message: string): DoneView => ({ success: true, message });

export const teamView = ({ team, memberCount }: CountedTeam): TeamView => ({
  id: team.id,
  name: team.name,
  slug: team.slug,
  description: team.description,
  created_by: team.createdBy,
  is_personal: team.isPersonal,
  visibility: team.visibility,
  max_members: team.maxMembers,
  member_count: memberCount,
  created_at: team.createdAt,
  updated_at: team.updatedAt,
  is_active: true,
});

/** For who is not in the team. */
export const outsideTeamView = (counted: CountedTeam): TeamView =>
  Object.assign(teamView(counted), { created_by: null });

export const discoveryView = ({ team, memberCount }: CountedTeam): TeamDiscoveryView => ({
  id: team.id,
  name: team.name,
  description: team.description,
  member_count: memberCount,
  created_at: team.createdAt,
  is_joinable: true,
});

/** `found` may hold one more than `limit`, which is then on the next page. */
export const teamPageView = (found: readonly CountedTeam[], limit: number): TeamPageView => {
  const shown = found.slice(0, limit);
  const last = found.length > limit ? shown.at(-1) : undefined;
  return { teams: shown.map(teamView), nextCursor: last === undefined ? null : cursorAfter(last.team.id) };
};
