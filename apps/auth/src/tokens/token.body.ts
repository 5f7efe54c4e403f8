import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  Max,
  MaxLength,
  Min,
  MinLength,
  ValidateNested,
  type ValidationArguments,
} from 'class-validator';
import { GRANTS, type Grant, isGrant } from '#contracts/auth/permission';
import { HasNoMarkup, NotSupported } from '#libs/service';

const NAME_SHOWN_CHARS_MAX = 64;

const firstUnknown = ({ value }: ValidationArguments): string => {
  const unknown: unknown = Array.isArray(value) ? value.find((name) => !isGrant(name)) : value;
  return typeof unknown === 'string'
    ? `there is no permission "${unknown.slice(0, NAME_SHOWN_CHARS_MAX)}"`
    : 'must be permission names';
};

/** What a token is narrowed to. A restriction that would not be enforced is refused, never dropped. */
@NotSupported({ ipRestrictions: null, timeRestrictions: null, usageLimits: null })
export class TokenScopeBody {
  @ApiPropertyOptional({
    name: 'server_id',
    type: String,
    nullable: true,
    maxLength: 128,
    description: 'The one virtual server the token is for.',
  })
  @IsOptional()
  @IsString()
  @MaxLength(128)
  serverId?: string | null;

  @ApiPropertyOptional({
    enum: GRANTS,
    isArray: true,
    maxItems: 100,
    example: ['tools.read', 'tools.execute'],
    description: 'Empty: all that its user may do.',
  })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(100)
  @IsIn(GRANTS, { each: true, message: firstUnknown })
  permissions?: Grant[];
}

@NotSupported({ tags: null, teamId: null, userEmail: null, isActive: true })
export class CreateTokenBody {
  @ApiProperty({
    type: String,
    minLength: 1,
    maxLength: 255,
    example: 'nightly build',
    description: 'Unique per user.',
  })
  @IsString()
  @MinLength(1)
  @MaxLength(255)
  @HasNoMarkup()
  name!: string;

  @ApiPropertyOptional({ type: String, nullable: true, maxLength: 1000, example: 'Runs the smoke tests' })
  @IsOptional()
  @IsString()
  @MaxLength(1000)
  description?: string | null;

  @ApiPropertyOptional({
    name: 'expires_in_days',
    type: 'integer',
    nullable: true,
    minimum: 1,
    maximum: 3650,
    default: 30,
    description: 'At most TOKEN_LIFETIME_MAX_DAYS. A token that was made for a program asks for none that outlives it.',
  })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(3650)
  expiresInDays?: number | null;

  @ApiPropertyOptional({ type: () => TokenScopeBody, nullable: true })
  @IsOptional()
  @ValidateNested()
  @Type(() => TokenScopeBody)
  scope?: TokenScopeBody | null;
}
