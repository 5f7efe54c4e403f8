import { ApiProperty } from '@nestjs/swagger';
import type { TeamJoinRequest } from './join-request.service.js';

/** A wish to join a team, as REST shows it. */
export class JoinRequestView {
  @ApiProperty({ type: String, format: 'uuid' })
  id!: string;

  @ApiProperty({ type: String, example: '6f1d0c5ab7e04b0f9c3f0d7a5e2b8c41' })
  team_id!: string;

  @ApiProperty({ type: String, example: 'Tool makers' })
  team_name!: string;

  @ApiProperty({ type: String, format: 'email', example: 'ann@example.org' })
  user_email!: string;

  @ApiProperty({ type: String, nullable: true, example: 'I keep the weather tools' })
  message!: string | null;

  @ApiProperty({ enum: ['pending'], description: 'One that is decided is gone.' })
  status!: 'pending';

  @ApiProperty({ type: String, format: 'date-time' })
  requested_at!: Date;

  @ApiProperty({ type: String, format: 'date-time' })
  expires_at!: Date;
}

export const joinRequestView = ({ request, team }: TeamJoinRequest): JoinRequestView => ({
  id: request.id,
  team_id: team.id,
  team_name: team.name,
  user_email: request.userEmail,
  message: request.message,
  status: 'pending',
  requested_at: request.requestedAt,
  expires_at: request.expiresAt,
});
