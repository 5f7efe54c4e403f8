import { ApiHideProperty, ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsEmpty,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  type ValidationArguments,
  Max,
  MaxLength,
  Min,
  MinLength,
  ValidateIf,
  ValidateNested,
} from 'class-validator';
import { GRANTS, type Grant, isGrant } from '#contracts/auth/permission';

const firstUnknown = ({ value }: ValidationArguments): string => {
  const unknown: unknown = Array.isArray(value) ? value.find((name) => !isGrant(name)) : value;
  return typeof unknown === 'string' ? `there is no permission "${unknown.slice(0, 64)}"` : 'must be permission names';
};

const NOT_ENFORCED = 'is not enforced by this gateway, so a token cannot carry it';

/** `[]` and `{}` are how clients of other gateways say that there is no restriction. */
const isUnrestricted = (value: unknown): boolean =>
  value === null || value === undefined || (typeof value === 'object' && Object.keys(value).length === 0);

export class TokenScope {
  @ApiPropertyOptional({ type: String, nullable: true, description: 'The one virtual server the token is for.' })
  @IsOptional()
  @IsString()
  @MaxLength(128)
  serverId?: string | null;

  @ApiPropertyOptional({ type: [String], description: 'Empty: all that its user may do.' })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(100)
  @IsIn(GRANTS, { each: true, message: firstUnknown })
  permissions?: Grant[];

  @ApiHideProperty()
  @ValidateIf((_scope, value) => !isUnrestricted(value))
  @IsEmpty({ message: NOT_ENFORCED })
  ipRestrictions?: unknown;

  @ApiHideProperty()
  @ValidateIf((_scope, value) => !isUnrestricted(value))
  @IsEmpty({ message: NOT_ENFORCED })
  timeRestrictions?: unknown;

  @ApiHideProperty()
  @ValidateIf((_scope, value) => !isUnrestricted(value))
  @IsEmpty({ message: NOT_ENFORCED })
  usageLimits?: unknown;
}

export class CreateTokenRequest {
  @ApiProperty({ type: String })
  @IsString()
  @MinLength(1)
  @MaxLength(255)
  name!: string;

  @ApiPropertyOptional({ type: String, nullable: true })
  @IsOptional()
  @IsString()
  @MaxLength(1000)
  description?: string | null;

  @ApiPropertyOptional({ type: Number, minimum: 1, maximum: 3650, default: 30 })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(3650)
  expiresInDays?: number | null;

  @ApiPropertyOptional({ type: () => TokenScope, nullable: true })
  @IsOptional()
  @ValidateNested()
  @Type(() => TokenScope)
  scope?: TokenScope | null;
}
