import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsEmail, IsIn, IsOptional, IsString, MaxLength } from 'class-validator';
import { PERMISSIONS, type Permission } from '#contracts/auth/permission';
import { NotSupported } from '#libs/service';

@NotSupported({ resourceType: null, resourceId: null })
export class CheckPermissionBody {
  @ApiProperty({ name: 'user_email', type: String, format: 'email', maxLength: 320, example: 'ann@example.org' })
  @IsEmail({ require_tld: false })
  @MaxLength(320)
  userEmail!: string;

  @ApiProperty({ enum: PERMISSIONS, example: 'tools.execute' })
  @IsIn(PERMISSIONS)
  permission!: Permission;

  @ApiPropertyOptional({
    name: 'team_id',
    type: String,
    nullable: true,
    maxLength: 512,
    description: 'With what is kept for that team; without one, with all that they see.',
  })
  @IsOptional()
  @IsString()
  @MaxLength(512)
  teamId?: string | null;
}
