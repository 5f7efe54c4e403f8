import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import {
  ArrayMaxSize,
  IsArray,
  IsIn,
  IsOptional,
  IsString,
  MaxLength,
  MinLength,
  type ValidationArguments,
} from 'class-validator';
import { GRANTS, type Grant, isGrant } from '#contracts/auth/permission';
import { HasNoMarkup, NotSupported } from '#libs/service';
import { ROLE_SCOPES, type RoleScope } from './role.entity.js';

const firstUnknown = ({ value }: ValidationArguments): string => {
  const unknown: unknown = Array.isArray(value) ? value.find((name) => !isGrant(name)) : value;
  return typeof unknown === 'string' ? `there is no permission "${unknown.slice(0, 64)}"` : 'must be permission names';
};

const NAME = { type: String, minLength: 1, maxLength: 255, example: 'release manager' } as const;
const DESCRIPTION = { type: String, nullable: true, maxLength: 1000, example: 'Puts tools into service' } as const;
const INHERITS = {
  name: 'inherits_from',
  type: String,
  nullable: true,
  maxLength: 64,
  example: 'user',
  description: 'A role of the same scope, whose permissions it has as well.',
} as const;

@NotSupported({ isSystemRole: false })
export class CreateRoleBody {
  @ApiProperty(NAME)
  @IsString()
  @MinLength(1)
  @MaxLength(255)
  @HasNoMarkup()
  name!: string;

  @ApiPropertyOptional(DESCRIPTION)
  @IsOptional()
  @IsString()
  @MaxLength(1000)
  @HasNoMarkup()
  description?: string | null;

  @ApiProperty({
    enum: ROLE_SCOPES,
    description: 'For all that its holder sees, or for what is kept for one team.',
  })
  @IsIn(ROLE_SCOPES)
  scope!: RoleScope;

  @ApiProperty({
    enum: GRANTS,
    isArray: true,
    maxItems: 100,
    example: ['tools.*', 'gateways.read'],
    description: 'None that you do not hold; for a team neither `*` nor `admin.*` nor `tokens.*`.',
  })
  @IsArray()
  @ArrayMaxSize(100)
  @IsIn(GRANTS, { each: true, message: firstUnknown })
  permissions!: Grant[];

  @ApiPropertyOptional(INHERITS)
  @IsOptional()
  @IsString()
  @MaxLength(64)
  inheritsFrom?: string | null;
}

/** What is left out stays as it is. */
@NotSupported({ isActive: true, isSystemRole: false, scope: null })
export class ChangeRoleBody {
  @ApiPropertyOptional({ ...NAME, nullable: true })
  @IsOptional()
  @IsString()
  @MinLength(1)
  @MaxLength(255)
  @HasNoMarkup()
  name?: string | null;

  @ApiPropertyOptional(DESCRIPTION)
  @IsOptional()
  @IsString()
  @MaxLength(1000)
  @HasNoMarkup()
  description?: string | null;

  @ApiPropertyOptional({ enum: GRANTS, isArray: true, nullable: true, maxItems: 100, example: ['tools.*'] })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(100)
  @IsIn(GRANTS, { each: true, message: firstUnknown })
  permissions?: Grant[] | null;

  @ApiPropertyOptional(INHERITS)
  @IsOptional()
  @IsString()
  @MaxLength(64)
  inheritsFrom?: string | null;
}
