import { ApiProperty } from '@nestjs/swagger';
import type { Grant } from '#contracts/auth/permission';
import { ROLE_SCOPES, type RoleScope } from './role.entity.js';
import type { EffectiveRole } from './role.repository.js';

/** A role as REST shows it. */
export class RoleView {
  @ApiProperty({ type: String, example: 'developer' })
  id!: string;

  @ApiProperty({ type: String, example: 'developer' })
  name!: string;

  @ApiProperty({ type: String, nullable: true, example: 'Registers, changes and uses what is kept for the team' })
  description!: string | null;

  @ApiProperty({ enum: ROLE_SCOPES, example: 'team' })
  scope!: RoleScope;

  @ApiProperty({ type: [String], example: ['tools.*', 'gateways.*'] })
  permissions!: readonly Grant[];

  @ApiProperty({ type: String, nullable: true, example: null })
  inherits_from!: string | null;

  @ApiProperty({ type: [String], example: ['tools.*', 'gateways.*'], description: 'With those that it inherits.' })
  effective_permissions!: readonly Grant[];

  @ApiProperty({ type: String, example: 'system' })
  created_by!: string;

  @ApiProperty({ type: Boolean, example: true, description: 'Comes with the gateway and cannot be changed.' })
  is_system_role!: boolean;

  @ApiProperty({ type: Boolean, example: true, description: 'Always true: a deleted role is not shown.' })
  is_active!: boolean;

  @ApiProperty({ type: String, format: 'date-time' })
  created_at!: Date;

  @ApiProperty({ type: String, format: 'date-time' })
  updated_at!: Date;
}

export class MessageView {
  @ApiProperty({ type: String, example: 'Role deleted successfully' })
  message!: string;
}

export const roleView = ({ role, permissions }: EffectiveRole): RoleView => ({
  id: role.id,
  name: role.name,
  description: role.description,
  scope: role.scope,
  permissions: role.permissions,
  inherits_from: role.inheritsFrom,
  effective_permissions: permissions,
  created_by: role.createdBy,
  is_system_role: role.isSystemRole,
  is_active: true,
  created_at: role.createdAt,
  updated_at: role.updatedAt,
});
