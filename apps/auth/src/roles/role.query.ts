import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsBoolean, IsIn, IsOptional, IsString, MaxLength } from 'class-validator';
import { ROLE_SCOPES, type RoleScope } from './role.entity.js';

const asFlag = ({ value }: { value: unknown }): unknown =>
  value === 'true' ? true : value === 'false' ? false : value;

/** Which roles, or assignments of them. */
export class RoleListQuery {
  @ApiPropertyOptional({ enum: ROLE_SCOPES })
  @IsOptional()
  @IsIn(ROLE_SCOPES)
  scope?: RoleScope;

  @ApiPropertyOptional({
    name: 'active_only',
    type: Boolean,
    default: true,
    description: 'False: assignments that have expired as well.',
  })
  @IsOptional()
  @Transform(asFlag)
  @IsBoolean()
  activeOnly?: boolean;
}

/** Which assignment of a role to a user. */
export class RevokeRoleQuery {
  @ApiPropertyOptional({ enum: ROLE_SCOPES })
  @IsOptional()
  @IsIn(ROLE_SCOPES)
  scope?: RoleScope;

  @ApiPropertyOptional({ name: 'scope_id', type: String, description: 'The team, where the role is in one.' })
  @IsOptional()
  @IsString()
  @MaxLength(512)
  scopeId?: string;
}

export class TeamContextQuery {
  @ApiPropertyOptional({ name: 'team_id', type: String, description: 'What they may do with what is kept for it.' })
  @IsOptional()
  @IsString()
  @MaxLength(512)
  teamId?: string;
}
