import { ApiProperty } from '@nestjs/swagger';
import { ROLE_SCOPES, type RoleScope } from '../role.entity.js';
import type { RoleAssignment } from './assignment.repository.js';

/** That a user has a role, as REST shows it. */
export class AssignmentView {
  @ApiProperty({ type: String, format: 'uuid' })
  id!: string;

  @ApiProperty({ type: String, format: 'email', example: 'ann@example.org' })
  user_email!: string;

  @ApiProperty({ type: String, example: 'developer' })
  role_id!: string;

  @ApiProperty({ type: String, example: 'developer' })
  role_name!: string;

  @ApiProperty({ enum: ROLE_SCOPES, example: 'team' })
  scope!: RoleScope;

  @ApiProperty({ type: String, nullable: true, example: '6f1d0c5ab7e04b0f9c3f0d7a5e2b8c41' })
  scope_id!: string | null;

  @ApiProperty({ type: String, format: 'email', example: 'admin@example.com' })
  granted_by!: string;

  @ApiProperty({ type: String, format: 'date-time' })
  granted_at!: Date;

  @ApiProperty({ type: String, format: 'date-time', nullable: true, example: null })
  expires_at!: Date | null;

  @ApiProperty({ type: Boolean, example: true, description: 'Not expired.' })
  is_active!: boolean;
}

export const assignmentView = ({ assignment, role }: RoleAssignment): AssignmentView => ({
  id: assignment.id,
  user_email: assignment.userEmail,
  role_id: role.id,
  role_name: role.name,
  scope: role.scope,
  scope_id: assignment.teamId,
  granted_by: assignment.grantedBy,
  granted_at: assignment.grantedAt,
  expires_at: assignment.expiresAt,
  is_active: assignment.expiresAt === null || assignment.expiresAt > new Date(),
});
