import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsEmpty,
  IsInt,
  IsOptional,
  IsString,
  Matches,
  Max,
  MaxLength,
  Min,
  MinLength,
  ValidateNested,
} from 'class-validator';

const NOT_ENFORCED = 'is not enforced by this gateway, so a token cannot carry it';

export class TokenScope {
  @IsOptional()
  @IsString()
  @MaxLength(128)
  serverId?: string | null;

  @IsOptional()
  @IsArray()
  @ArrayMaxSize(100)
  @Matches(/^(\*|[a-z][a-z0-9_]*[.:]([a-z0-9_.:]+|\*))$/, { each: true, message: 'must be permission names' })
  permissions?: string[];

  @IsEmpty({ message: NOT_ENFORCED })
  ipRestrictions?: unknown;

  @IsEmpty({ message: NOT_ENFORCED })
  timeRestrictions?: unknown;

  @IsEmpty({ message: NOT_ENFORCED })
  usageLimits?: unknown;
}

export class CreateTokenRequest {
  @IsString()
  @MinLength(1)
  @MaxLength(255)
  name!: string;

  @IsOptional()
  @IsString()
  @MaxLength(1000)
  description?: string | null;

  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(3650)
  expiresInDays?: number | null;

  @IsOptional()
  @ValidateNested()
  @Type(() => TokenScope)
  scope?: TokenScope | null;
}
