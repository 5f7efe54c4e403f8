import { ApiProperty } from '@nestjs/swagger';
import { TEAM_ROLES, type TeamRole } from '../members/member.entity.js';
import type { TeamInvitation } from './invitation.service.js';

/** An invitation as REST shows it, to owners of the team. */
export class InvitationView {
  @ApiProperty({ type: String, format: 'uuid' })
  id!: string;

  @ApiProperty({ type: String, example: '6f1d0c5ab7e04b0f9c3f0d7a5e2b8c41' })
  team_id!: string;

  @ApiProperty({ type: String, example: 'Tool makers' })
  team_name!: string;

  @ApiProperty({ type: String, format: 'email', example: 'ann@example.org' })
  email!: string;

  @ApiProperty({ enum: TEAM_ROLES, example: 'member' })
  role!: TeamRole;

  @ApiProperty({ type: String, format: 'email', example: 'bob@example.org' })
  invited_by!: string;

  @ApiProperty({ type: String, format: 'date-time' })
  invited_at!: Date;

  @ApiProperty({ type: String, format: 'date-time' })
  expires_at!: Date;

  @ApiProperty({
    type: String,
    example: 'q7v2…',
    description: 'To pass on to whoever is invited; of use to the user of that address alone.',
  })
  token!: string;

  @ApiProperty({ type: Boolean, example: true, description: 'Not expired.' })
  is_active!: boolean;

  @ApiProperty({ type: Boolean, example: false })
  is_expired!: boolean;
}

export const invitationView = ({ invitation, team }: TeamInvitation): InvitationView => {
  const isExpired = invitation.expiresAt <= new Date();
  return {
    id: invitation.id,
    team_id: team.id,
    team_name: team.name,
    email: invitation.email,
    role: invitation.role,
    invited_by: invitation.invitedBy,
    invited_at: invitation.invitedAt,
    expires_at: invitation.expiresAt,
    token: invitation.token,
    is_active: !isExpired,
    is_expired: isExpired,
  };
};
