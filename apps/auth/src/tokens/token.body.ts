import { applyDecorators } from '@nestjs/common';
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
  ValidateBy,
  ValidateNested,
  type ValidationArguments,
} from 'class-validator';
import { GRANTS, type Grant, isGrant } from '#contracts/auth/permission';
import { HasNoMarkup, NotSupported } from '#libs/service';
import { NETWORKS_MAX, type TimeRestrictions, readHours, readNetworks } from '../jwt/token-conditions.js';
import { TimeRestrictionsView } from './token.view.js';

const NAME_SHOWN_CHARS_MAX = 64;

/** What this function reads without throwing; what it throws says what is wrong. */
const Reads = (read: (value: unknown) => unknown): PropertyDecorator => {
  const problemOf = (value: unknown): string | null => {
    try {
      read(value);
      return null;
    } catch (error) {
      return error instanceof Error ? error.message : 'is not right';
    }
  };
  return ValidateBy({
    name: 'reads',
    validator: {
      validate: (value: unknown) => problemOf(value) === null,
      defaultMessage: (problem) => `$property ${problemOf(problem?.value)}`,
    },
  });
};

const firstUnknown = ({ value }: ValidationArguments): string => {
  const unknown: unknown = Array.isArray(value) ? value.find((name) => !isGrant(name)) : value;
  return typeof unknown === 'string'
    ? `there is no permission "${unknown.slice(0, NAME_SHOWN_CHARS_MAX)}"`
    : 'must be permission names';
};

/** What a token is narrowed to. A restriction that would not be enforced is refused, never dropped. */
@NotSupported({ usageLimits: null })
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

  @ApiPropertyOptional({
    name: 'ip_restrictions',
    type: [String],
    maxItems: NETWORKS_MAX,
    example: ['203.0.113.0/24'],
    description: 'Addresses and networks that it is good from. Empty: everywhere.',
  })
  @IsOptional()
  @Reads(readNetworks)
  ipRestrictions?: string[];

  @ApiPropertyOptional({ name: 'time_restrictions', type: () => TimeRestrictionsView, nullable: true })
  @IsOptional()
  @Reads(readHours)
  timeRestrictions?: TimeRestrictions | null;
}

const TAGS_MAX = 20;
const TAG_CHARS_MAX = 64;

const TagList = (): PropertyDecorator =>
  applyDecorators(
    ApiPropertyOptional({ type: [String], maxItems: TAGS_MAX, example: ['ci'] }),
    IsOptional(),
    IsArray(),
    ArrayMaxSize(TAGS_MAX),
    IsString({ each: true }),
    MaxLength(TAG_CHARS_MAX, { each: true }),
    HasNoMarkup(),
  );

@NotSupported({ isActive: true })
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

  @ApiPropertyOptional({
    name: 'team_id',
    type: String,
    nullable: true,
    maxLength: 512,
    description: 'A team of yours: the token sees what is public and what is kept for that team, while you are in it.',
  })
  @IsOptional()
  @IsString()
  @MinLength(1)
  @MaxLength(512)
  teamId?: string | null;

  @ApiPropertyOptional({
    name: 'user_email',
    type: String,
    format: 'email',
    nullable: true,
    maxLength: 320,
    example: 'ann@example.org',
    description:
      'Whom it is for; left out: yourself. By whoever may set their password it is good at once; by an owner of the team that it is for, once they accept it. It has no permission that they or you do not hold, without any named those to use what is there, and administers nothing.',
  })
  @IsOptional()
  @IsString()
  @MinLength(1)
  @MaxLength(320)
  userEmail?: string | null;

  @TagList()
  tags?: string[] | null;
}

/** What is left out stays. What a token permits is in the token itself, which cannot be changed: make another one. */
@NotSupported({ scope: null, isActive: true })
export class ChangeTokenBody {
  @ApiPropertyOptional({ type: String, minLength: 1, maxLength: 255, description: 'Unique per user.' })
  @IsOptional()
  @IsString()
  @MinLength(1)
  @MaxLength(255)
  @HasNoMarkup()
  name?: string | null;

  @ApiPropertyOptional({ type: String, nullable: true, maxLength: 1000 })
  @IsOptional()
  @IsString()
  @MaxLength(1000)
  description?: string | null;

  @TagList()
  tags?: string[] | null;
}
