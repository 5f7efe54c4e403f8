import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsBoolean, IsIn, IsOptional, Matches, ValidateNested } from 'class-validator';
import { IsName, IsPlainText, IsTags, IsUrlText } from '../rest/plain-text.decorator.js';

/** What a server wants to be shown, in the words of ContextForge's catalog. */
export const CATALOG_AUTH_TYPES = ['Open', 'API Key', 'API', 'OAuth2.1', 'OAuth', 'OAuth2.1 & API Key'] as const;
export type CatalogAuthType = (typeof CATALOG_AUTH_TYPES)[number];

const TRANSPORTS = ['STREAMABLEHTTP', 'SSE'] as const;
const SCOPES_MAX = 64;
/** Characters of a header's name, and of a name in a query. */
const TOKEN = /^[A-Za-z0-9_.-]{1,128}$/;
export const KNOWN_SERVER_ID = /^[a-z0-9](?:[a-z0-9._-]{0,126}[a-z0-9])?$/;

class CatalogOAuthBody {
  @ApiPropertyOptional({ type: String })
  @IsOptional()
  @IsUrlText({ lengthMin: 1 })
  issuer?: string;

  @ApiPropertyOptional({ type: String })
  @IsOptional()
  @IsUrlText({ lengthMin: 1 })
  authorizeUrl?: string;

  @ApiPropertyOptional({ type: String })
  @IsOptional()
  @IsUrlText({ lengthMin: 1 })
  tokenUrl?: string;

  @ApiPropertyOptional({ type: [String] })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(SCOPES_MAX)
  @IsPlainText(256, { each: true, lengthMin: 1 })
  scopes?: string[];
}

/** An entry of the catalog's file. Nothing in it is a secret. */
export class KnownServer {
  @ApiProperty({ type: String })
  @Matches(KNOWN_SERVER_ID, { message: 'id must be of a-z, 0-9 and . _ - between them, at most 128 characters' })
  id!: string;

  @ApiProperty({ type: String })
  @IsName()
  name!: string;

  @ApiProperty({ type: String })
  @IsUrlText({ lengthMin: 1 })
  url!: string;

  @ApiProperty({ type: String })
  @IsPlainText(100, { lengthMin: 1 })
  category!: string;

  @ApiProperty({ type: String })
  @IsPlainText(255, { lengthMin: 1 })
  provider!: string;

  @ApiProperty({ type: String })
  @IsPlainText(8_192)
  description!: string;

  @ApiProperty({ enum: CATALOG_AUTH_TYPES, description: 'What whoever registers it gives.' })
  @IsIn(CATALOG_AUTH_TYPES)
  authType!: CatalogAuthType;

  @ApiPropertyOptional({ enum: TRANSPORTS, description: 'Without it both are tried.' })
  @IsOptional()
  @IsIn(TRANSPORTS, { message: 'transport must be STREAMABLEHTTP or SSE' })
  transport?: (typeof TRANSPORTS)[number];

  @IsTags()
  tags?: string[];

  @ApiPropertyOptional({ type: Boolean, description: 'Whether it wants an API key, whatever `authType` says.' })
  @IsOptional()
  @IsBoolean()
  requiresApiKey?: boolean;

  @ApiPropertyOptional({ type: Boolean, description: 'What its entry says of it; nothing follows from it here.' })
  @IsOptional()
  @IsBoolean()
  secure?: boolean;

  @ApiPropertyOptional({ type: String, description: 'The header of the API key. Default: a bearer token.' })
  @IsOptional()
  @Matches(TOKEN, { message: 'apiKeyHeader must be the name of a header' })
  apiKeyHeader?: string;

  @ApiPropertyOptional({ type: String, description: 'The name of the API key in the query, where it stands there.' })
  @IsOptional()
  @Matches(TOKEN, { message: 'apiKeyQuery must be a name' })
  apiKeyQuery?: string;

  @ApiPropertyOptional({ type: CatalogOAuthBody, description: 'Only where the server does not tell it itself.' })
  @IsOptional()
  @ValidateNested()
  @Type(() => CatalogOAuthBody)
  oauthConfig?: CatalogOAuthBody;

  @ApiPropertyOptional({ type: String })
  @IsOptional()
  @IsUrlText({ lengthMin: 1 })
  logoUrl?: string;

  @ApiPropertyOptional({ type: String })
  @IsOptional()
  @IsUrlText({ lengthMin: 1 })
  documentationUrl?: string;
}

export const wantsApiKey = ({ authType, requiresApiKey }: KnownServer): boolean =>
  authType === 'API Key' || authType === 'API' || requiresApiKey === true;

export const takesApiKey = (server: KnownServer): boolean =>
  wantsApiKey(server) || server.authType === 'OAuth2.1 & API Key';

export const takesOAuth = ({ authType }: KnownServer): boolean =>
  authType === 'OAuth' || authType === 'OAuth2.1' || authType === 'OAuth2.1 & API Key';
