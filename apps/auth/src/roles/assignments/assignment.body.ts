import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsDate, IsIn, IsOptional, IsString, MaxLength, MinLength } from 'class-validator';
import { NotSupported } from '#libs/service';
import { ROLE_SCOPES, type RoleScope } from '../role.entity.js';

@NotSupported({ grantSource: null })
export class AssignRoleBody {
  @ApiProperty({ name: 'role_id', type: String, minLength: 1, maxLength: 64, example: 'developer' })
  @IsString()
  @MinLength(1)
  @MaxLength(64)
  roleId!: string;

  @ApiProperty({ enum: ROLE_SCOPES, example: 'team' })
  @IsIn(ROLE_SCOPES)
  scope!: RoleScope;

  @ApiPropertyOptional({
    name: 'scope_id',
    type: String,
    nullable: true,
    maxLength: 512,
    example: '6f1d0c5ab7e04b0f9c3f0d7a5e2b8c41',
    description: 'The team, which the user is in, where the role is one in a team.',
  })
  @IsOptional()
  @IsString()
  @MaxLength(512)
  scopeId?: string | null;

  @ApiPropertyOptional({
    name: 'expires_at',
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'From then on the user has the role no longer.',
  })
  @IsOptional()
  @Type(() => Date)
  @IsDate()
  expiresAt?: Date | null;
}
