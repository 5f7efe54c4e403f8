import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsIn,
  IsInt,
  IsObject,
  IsOptional,
  Max,
  Min,
  ValidateIf,
  ValidateNested,
} from 'class-validator';
import { HasNoMarkup, NotSupported } from '#libs/service';
import { OwnedBody } from '../../rest/owned.body.js';
import { IsPlainText, IsUrlText } from '../../rest/plain-text.decorator.js';
import { IsStringMap } from '../../rest/string-map.decorator.js';
import { FILTER_CHARS_MAX } from '../../sources/filter-check.service.js';
import type { AuthType } from '../gateway.entity.js';
import { type AddressBody, Addresses } from '../addresses/address.body.js';
import { AuthHeaderBody } from '../gateway.body.js';

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD'] as const;
const TEXT_MAP = { type: 'object', additionalProperties: { type: 'string' } } as const;
const DAY_MS = 24 * 3_600_000;

/** A body that is wrapped in `tool` says the rest there. */
const isWhole = ({ tool }: { tool?: unknown }): boolean => tool === undefined;

/** One route of an HTTP API as a tool. */
@NotSupported({
  allowlist: null,
  auth: null,
  baseUrl: null,
  deprecated: false,
  displayName: null,
  exposePassthrough: true,
  extensionMetadata: null,
  gatewayId: null,
  outputSchema: null,
  ownerEmail: null,
  pluginChainPost: null,
  pluginChainPre: null,
})
export class RestToolBody extends OwnedBody {
  @ApiProperty({ description: 'What clients call it; A-Z a-z 0-9 _ . -' })
  @ValidateIf(isWhole)
  @IsPlainText(128, { lengthMin: 1 })
  name!: string;

  @ApiProperty({ description: 'May hold {placeholders} in its path, and a query that is always sent.' })
  @ValidateIf(isWhole)
  @IsUrlText({ lengthMin: 1 })
  url!: string;

  @Addresses(
    'Where else the same route is, with the same credential: base URLs in the place of the origin of `url`, before its path. A call that could not be sent to one goes to the next.',
  )
  addresses?: AddressBody[] | null;

  @ApiPropertyOptional({ enum: ['REST'], default: 'REST' })
  @IsOptional()
  @IsIn(['REST'])
  integrationType?: 'REST';

  @ApiPropertyOptional({ enum: METHODS, default: 'POST' })
  @IsOptional()
  @IsIn(METHODS)
  requestType?: (typeof METHODS)[number];

  @ApiPropertyOptional()
  @IsOptional()
  @IsPlainText(255)
  @HasNoMarkup()
  title?: string;

  @ApiPropertyOptional({
    ...TEXT_MAP,
    writeOnly: true,
    description:
      'Sent with every call, kept encrypted. Content-Type decides whether arguments go as JSON or as a form.',
  })
  @IsOptional()
  @IsObject()
  @IsStringMap()
  headers?: Record<string, string>;

  @ApiPropertyOptional({ type: 'object', additionalProperties: true, description: 'JSON Schema of the arguments.' })
  @IsOptional()
  @IsObject()
  inputSchema?: Record<string, unknown>;

  @ApiPropertyOptional({ type: 'object', additionalProperties: true, description: 'In place of what the method says.' })
  @IsOptional()
  @IsObject()
  annotations?: Record<string, unknown>;

  @ApiPropertyOptional({ description: "In place of the URL's path." })
  @IsOptional()
  @IsPlainText(2_048, { lengthMin: 1 })
  pathTemplate?: string;

  @ApiPropertyOptional({ ...TEXT_MAP, description: 'Argument → name in the query. With it nothing else goes there.' })
  @IsOptional()
  @IsObject()
  @IsStringMap()
  queryMapping?: Record<string, string>;

  @ApiPropertyOptional({ ...TEXT_MAP, description: 'Argument → header.' })
  @IsOptional()
  @IsObject()
  @IsStringMap()
  headerMapping?: Record<string, string>;

  @ApiPropertyOptional({
    description:
      'A jq filter that JSON answers go through; the result is the list of all its outputs. Empty: answers are passed on as they are.',
  })
  @IsOptional()
  @IsPlainText(FILTER_CHARS_MAX)
  jsonpathFilter?: string;

  @ApiPropertyOptional({ enum: ['none', 'bearer', 'basic', 'authheaders'], default: 'none' })
  @IsOptional()
  @IsIn(['none', 'bearer', 'basic', 'authheaders'])
  authType?: AuthType;

  @ApiPropertyOptional({ writeOnly: true })
  @IsOptional()
  @IsPlainText(16_384, { lengthMin: 1 })
  authToken?: string;

  @ApiPropertyOptional()
  @IsOptional()
  @IsPlainText(255)
  authUsername?: string;

  @ApiPropertyOptional({ writeOnly: true })
  @IsOptional()
  @IsPlainText(1_024)
  authPassword?: string;

  @ApiPropertyOptional({ type: [AuthHeaderBody] })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(50)
  @ValidateNested({ each: true })
  @Type(() => AuthHeaderBody)
  authHeaders?: AuthHeaderBody[];

  @ApiPropertyOptional({ type: 'integer', nullable: true, description: 'Milliseconds a call may take; at most a day.' })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(DAY_MS)
  timeoutMs?: number | null;

  @ApiPropertyOptional({ type: () => RestToolBody, description: 'All of this may also stand in here.' })
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => RestToolBody)
  tool?: RestToolBody;
}

/** Which operation of which document. */
export class GenerateSchemasBody {
  @ApiProperty({ description: 'Of the tool: its path is looked for in the document.' })
  @IsUrlText({ lengthMin: 1 })
  url!: string;

  @ApiPropertyOptional({ enum: METHODS, default: 'GET' })
  @IsOptional()
  @IsIn(METHODS)
  requestType?: (typeof METHODS)[number];

  @ApiPropertyOptional({ description: 'Default: `/openapi.json` of the same server.' })
  @IsOptional()
  @IsUrlText({ lengthMin: 1 })
  openapiUrl?: string;
}
