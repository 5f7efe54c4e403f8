import { ApiProperty } from '@nestjs/swagger';
import { cursorAfter } from '../team.query.js';
import { type Member, TEAM_ROLES, type TeamRole } from './member.entity.js';

/** That a user is in a team, as REST shows it. */
export class MemberView {
  @ApiProperty({ type: String, format: 'uuid' })
  id!: string;

  @ApiProperty({ type: String, example: '6f1d0c5ab7e04b0f9c3f0d7a5e2b8c41' })
  team_id!: string;

  @ApiProperty({ type: String, format: 'email', example: 'ann@example.org' })
  user_email!: string;

  @ApiProperty({ enum: TEAM_ROLES, example: 'member' })
  role!: TeamRole;

  @ApiProperty({ type: String, format: 'date-time' })
  joined_at!: Date;

  @ApiProperty({ type: String, nullable: true, example: 'bob@example.org', description: 'Who let them in.' })
  invited_by!: string | null;

  @ApiProperty({ type: Boolean, example: true, description: 'Always true: who has left is not shown.' })
  is_active!: boolean;
}

export class MemberPageView {
  @ApiProperty({ type: [MemberView] })
  members!: readonly MemberView[];

  @ApiProperty({ type: String, nullable: true, example: null, description: 'Null on the last page.' })
  nextCursor!: string | null;
}

export const memberView = (member: Member): MemberView => ({
  id: member.id,
  team_id: member.teamId,
  user_email: member.userEmail,
  role: member.role,
  joined_at: member.joinedAt,
  invited_by: member.invitedBy,
  is_active: true,
});

/** `found` may hold one more than `limit`, which is then on the next page. */
export const memberPageView = (found: readonly Member[], limit: number | undefined): MemberPageView => {
  const shown = found.slice(0, limit);
  const last = found.length > shown.length ? shown.at(-1) : undefined;
  return { members: shown.map(memberView), nextCursor: last === undefined ? null : cursorAfter(last.userEmail) };
};
