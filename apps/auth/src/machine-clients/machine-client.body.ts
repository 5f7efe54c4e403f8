import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsIn,
  IsInt,
  IsObject,
  IsOptional,
  IsString,
  Max,
  MaxLength,
  Min,
  MinLength,
} from 'class-validator';
import { OWN_SCOPES } from '#contracts/auth/oauth/own-issuer';
import { HasNoMarkup } from '#libs/service';
import { MACHINE_AUTH_METHODS, type MachineAuthMethod } from './machine-client.entity.js';

const NAME_CHARS_MAX = 100;
const DESCRIPTION_CHARS_MAX = 1_000;
const DAYS_MAX = 3_650;
const SCOPES = [...OWN_SCOPES.keys()];

/** A client without a user that is to be registered. */
export class RegisterMachineClientBody {
  @ApiProperty({ type: String, minLength: 1, maxLength: NAME_CHARS_MAX, example: 'nightly report' })
  @IsString()
  @MinLength(1)
  @MaxLength(NAME_CHARS_MAX)
  @HasNoMarkup()
  name!: string;

  @ApiPropertyOptional({ type: String, nullable: true, maxLength: DESCRIPTION_CHARS_MAX })
  @IsOptional()
  @IsString()
  @MaxLength(DESCRIPTION_CHARS_MAX)
  @HasNoMarkup()
  description?: string | null;

  @ApiProperty({
    type: [String],
    enum: SCOPES,
    minItems: 1,
    example: ['mcp:tools'],
    description: 'What its tokens may be for. You have to hold it yourself.',
  })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(SCOPES.length)
  @IsIn(SCOPES, { each: true })
  scopes!: string[];

  @ApiPropertyOptional({
    name: 'team_id',
    type: String,
    nullable: true,
    description: 'A team that you are in, whose things it reaches. Absent: what is public.',
  })
  @IsOptional()
  @IsString()
  @MaxLength(255)
  teamId?: string | null;

  @ApiPropertyOptional({
    name: 'token_endpoint_auth_method',
    enum: MACHINE_AUTH_METHODS,
    default: 'client_secret_basic',
    description: 'Either way of showing a secret is taken where one of them is registered.',
  })
  @IsOptional()
  @IsIn(MACHINE_AUTH_METHODS)
  tokenEndpointAuthMethod?: MachineAuthMethod;

  @ApiPropertyOptional({
    type: Object,
    nullable: true,
    description: 'Its public keys as a JWK Set, for `private_key_jwt`, and for nothing else.',
    example: { keys: [{ kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' }] },
  })
  @IsOptional()
  @IsObject()
  jwks?: Readonly<Record<string, unknown>> | null;

  @ApiPropertyOptional({ name: 'expires_in_days', type: 'integer', minimum: 1, maximum: DAYS_MAX, default: 90 })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(DAYS_MAX)
  expiresInDays?: number;
}
