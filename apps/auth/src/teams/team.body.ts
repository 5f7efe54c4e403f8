import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsEmail, IsIn, IsInt, IsOptional, IsString, Max, MaxLength, Min, MinLength } from 'class-validator';
import { HasNoMarkup, NotSupported } from '#libs/service';
import { TEAM_ROLES, type TeamRole } from './members/member.entity.js';
import { TEAM_VISIBILITIES, type TeamVisibility } from './team.entity.js';

export class CreateTeamBody {
  @ApiProperty({ type: String, minLength: 1, maxLength: 255, example: 'Tool makers' })
  @IsString()
  @MinLength(1)
  @MaxLength(255)
  @HasNoMarkup()
  name!: string;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    maxLength: 255,
    example: 'tool-makers',
    description: 'A name for URLs and for rules of TRUSTED_ISSUERS; by default made of the name. It stays.',
  })
  @IsOptional()
  @IsString()
  @MaxLength(255)
  slug?: string | null;

  @ApiPropertyOptional({ type: String, nullable: true, maxLength: 1000, example: 'Who builds and keeps our tools' })
  @IsOptional()
  @IsString()
  @MaxLength(1000)
  @HasNoMarkup()
  description?: string | null;

  @ApiPropertyOptional({
    enum: TEAM_VISIBILITIES,
    default: 'private',
    description: 'Whether everybody may find the team and ask to join it.',
  })
  @IsOptional()
  @IsIn(TEAM_VISIBILITIES)
  visibility?: TeamVisibility;

  @ApiPropertyOptional({
    name: 'max_members',
    type: 'integer',
    nullable: true,
    minimum: 1,
    maximum: 100_000,
    description: 'At most MAX_MEMBERS_PER_TEAM, which counts where none is given.',
  })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(100_000)
  maxMembers?: number | null;
}

/** What is left out stays as it is. */
@NotSupported({ slug: null })
export class ChangeTeamBody {
  @ApiPropertyOptional({ type: String, nullable: true, minLength: 1, maxLength: 255, example: 'Tool makers' })
  @IsOptional()
  @IsString()
  @MinLength(1)
  @MaxLength(255)
  @HasNoMarkup()
  name?: string | null;

  @ApiPropertyOptional({ type: String, nullable: true, maxLength: 1000, example: 'Who builds and keeps our tools' })
  @IsOptional()
  @IsString()
  @MaxLength(1000)
  @HasNoMarkup()
  description?: string | null;

  @ApiPropertyOptional({ enum: TEAM_VISIBILITIES, nullable: true })
  @IsOptional()
  @IsIn(TEAM_VISIBILITIES)
  visibility?: TeamVisibility | null;

  @ApiPropertyOptional({
    name: 'max_members',
    type: 'integer',
    nullable: true,
    minimum: 1,
    maximum: 100_000,
    description: 'Who is in the team already stays.',
  })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(100_000)
  maxMembers?: number | null;
}

export class ChangeMemberBody {
  @ApiProperty({ enum: TEAM_ROLES, example: 'owner', description: 'Owners change the team and say who is in it.' })
  @IsIn(TEAM_ROLES)
  role!: TeamRole;
}

/** Who is to be in a team, or invited to it. */
export class AddMemberBody {
  @ApiProperty({ type: String, format: 'email', maxLength: 320, example: 'ann@example.org' })
  @IsEmail({ require_tld: false })
  @MaxLength(320)
  email!: string;

  @ApiPropertyOptional({ enum: TEAM_ROLES, default: 'member' })
  @IsOptional()
  @IsIn(TEAM_ROLES)
  role?: TeamRole;
}

export class JoinTeamBody {
  @ApiPropertyOptional({ type: String, nullable: true, maxLength: 1000, example: 'I keep the weather tools' })
  @IsOptional()
  @IsString()
  @MaxLength(1000)
  @HasNoMarkup()
  message?: string | null;
}
