import { applyDecorators } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional, type ApiPropertyOptions } from '@nestjs/swagger';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsObject,
  IsOptional,
  IsString,
  MaxLength,
  MinLength,
} from 'class-validator';
import { HasNoMarkup, NotSupported } from '#libs/service';
import { PRESETS, type Preset } from './presets.js';

const ITEMS_MAX = 200;

/** What may be said of a provider; what is left out is as its preset has it. */
@NotSupported({ providerMetadata: null })
class ProviderFactsBody {
  @ApiPropertyOptional({ type: String, maxLength: 100, example: 'acme' })
  @IsOptional()
  @IsString()
  @MaxLength(100)
  @HasNoMarkup()
  name?: string;

  @ApiPropertyOptional({ name: 'display_name', type: String, maxLength: 100, example: 'Acme' })
  @IsOptional()
  @IsString()
  @MinLength(1)
  @MaxLength(100)
  @HasNoMarkup()
  displayName?: string;

  @ApiPropertyOptional({ name: 'client_secret', type: String, format: 'password', maxLength: 4096 })
  @IsOptional()
  @IsString()
  @MinLength(1)
  @MaxLength(4096)
  clientSecret?: string;

  @ApiPropertyOptional({ type: String, nullable: true, maxLength: 512, example: 'https://idp.example.org/realms/main' })
  @IsOptional()
  @IsString()
  @MaxLength(512)
  issuer?: string | null;

  @ApiPropertyOptional({
    name: 'authorization_url',
    type: String,
    maxLength: 512,
    description: 'Where the metadata of the issuer does not say it, or not right; likewise the next three.',
  })
  @IsOptional()
  @IsString()
  @MaxLength(512)
  authorizationUrl?: string;

  @ApiPropertyOptional({ name: 'token_url', type: String, maxLength: 512 })
  @IsOptional()
  @IsString()
  @MaxLength(512)
  tokenUrl?: string;

  @ApiPropertyOptional({ name: 'userinfo_url', type: String, maxLength: 512 })
  @IsOptional()
  @IsString()
  @MaxLength(512)
  userinfoUrl?: string;

  @ApiPropertyOptional({ name: 'jwks_uri', type: String, nullable: true, maxLength: 512 })
  @IsOptional()
  @IsString()
  @MaxLength(512)
  jwksUri?: string | null;

  @ApiPropertyOptional({ type: String, maxLength: 1000, example: 'openid profile email' })
  @IsOptional()
  @IsString()
  @MaxLength(1000)
  scope?: string;

  @ApiPropertyOptional({
    type: [String],
    maxItems: ITEMS_MAX,
    example: [],
    description: 'Ids of the Entra tenants whose people may come in, where the issuer is of many.',
  })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(ITEMS_MAX)
  @IsString({ each: true })
  @MaxLength(64, { each: true })
  tenants?: string[];

  @ApiPropertyOptional({ name: 'auto_create_users', type: Boolean, default: true })
  @IsOptional()
  @IsBoolean()
  autoCreateUsers?: boolean;

  @ApiPropertyOptional({
    name: 'link_accounts',
    type: Boolean,
    default: false,
    description: 'Whether who proves the e-mail address of an account that others made gets in to it.',
  })
  @IsOptional()
  @IsBoolean()
  linkAccounts?: boolean;

  @ApiPropertyOptional({
    type: 'array',
    maxItems: ITEMS_MAX,
    items: { type: 'object' },
    example: [{ claim: 'groups', value: 'eng', teams: ['makers'], roles: ['developer'] }],
    description:
      'Who has `value` in `claim` gets the teams, the roles (those of teams: in these teams) and, with `"administrator": true`, everything.',
  })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(ITEMS_MAX)
  rules?: object[];

  @ApiPropertyOptional({
    name: 'team_mapping',
    type: 'object',
    additionalProperties: { type: 'string' },
    example: { eng: 'makers' },
    description: 'Teams by groups: the short form of `rules` over the claim `groups`.',
  })
  @IsOptional()
  @IsObject()
  teamMapping?: Record<string, unknown>;

  @ApiPropertyOptional({ name: 'is_enabled', type: Boolean, default: true })
  @IsOptional()
  @IsBoolean()
  isEnabled?: boolean;
}

const domainsProperty: ApiPropertyOptions = {
  name: 'trusted_domains',
  type: [String],
  maxItems: ITEMS_MAX,
  example: ['example.org'],
  description: 'Of the e-mail addresses that it may vouch for; `*` is any.',
};

const IsDomains = (): PropertyDecorator =>
  applyDecorators(IsArray(), ArrayMaxSize(ITEMS_MAX), IsString({ each: true }), MaxLength(253, { each: true }));

/** What is left out stays as it is. */
export class ChangeProviderBody extends ProviderFactsBody {
  @ApiPropertyOptional({ name: 'client_id', type: String, maxLength: 512 })
  @IsOptional()
  @IsString()
  @MinLength(1)
  @MaxLength(512)
  clientId?: string;

  @ApiPropertyOptional(domainsProperty)
  @IsOptional()
  @IsDomains()
  trustedDomains?: string[];
}

/** A provider that is new here. */
export class CreateProviderBody extends ProviderFactsBody {
  @ApiProperty({ type: String, maxLength: 64, example: 'okta', description: 'In addresses.' })
  @IsString()
  @MaxLength(64)
  id!: string;

  @ApiPropertyOptional({
    enum: PRESETS,
    description: 'What it does otherwise than others; by default as its id says, else `oidc`.',
  })
  @IsOptional()
  @IsIn(PRESETS)
  preset?: Preset;

  @ApiPropertyOptional({
    name: 'provider_type',
    enum: ['oidc', 'oauth2'],
    description: '`oauth2`: it speaks as GitHub does.',
  })
  @IsOptional()
  @IsIn(['oidc', 'oauth2'])
  providerType?: 'oidc' | 'oauth2';

  @ApiProperty({ name: 'client_id', type: String, maxLength: 512 })
  @IsString()
  @MinLength(1)
  @MaxLength(512)
  clientId!: string;

  @ApiProperty(domainsProperty)
  @IsDomains()
  trustedDomains!: string[];
}
