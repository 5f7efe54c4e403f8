import { ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayMaxSize, IsArray, IsBoolean, IsInt, IsObject, IsOptional, Max, Min } from 'class-validator';
import { IsPlainText, IsUrlText } from '../../rest/plain-text.decorator.js';
import { IsStringMap } from '../../rest/string-map.decorator.js';

const IsWords =
  (description: string): PropertyDecorator =>
  (target, key) => {
    for (const decorate of [
      ApiPropertyOptional({ type: [String], description: `Only operations ${description}; every choice must hold.` }),
      IsOptional(),
      IsArray(),
      ArrayMaxSize(2_000),
      IsPlainText(2_048, { each: true, lengthMin: 1 }),
    ]) {
      decorate(target, key as string);
    }
  };

/** An OpenAPI document, and what of it is wanted. */
export class OpenApiBody {
  @ApiPropertyOptional({ description: 'Where the document is fetched from; a refresh fetches it again.' })
  @IsOptional()
  @IsUrlText({ lengthMin: 1 })
  documentUrl?: string;

  @ApiPropertyOptional({ description: 'The document itself, JSON or YAML, as text. Larger ones by `documentUrl`.' })
  @IsOptional()
  @IsPlainText(1_048_576, { lengthMin: 1 })
  document?: string;

  @ApiPropertyOptional({
    description: "In place of the document's server. Without a path, the path of the document's server is kept.",
  })
  @IsOptional()
  @IsUrlText({ lengthMin: 1 })
  serverUrl?: string;

  @ApiPropertyOptional({ type: 'integer', default: 0, description: "Which of the document's servers." })
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(1_000)
  serverIndex?: number;

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: { type: 'string' },
    description: 'Variables of the server.',
  })
  @IsOptional()
  @IsObject()
  @IsStringMap()
  variables?: Record<string, string>;

  @IsWords('with one of these tags')
  tags?: string[];

  @IsWords('of one of these methods')
  methods?: string[];

  @IsWords('whose path begins with one of these')
  paths?: string[];

  @IsWords('that are one of these, each `METHOD /path`')
  operations?: string[];

  @ApiPropertyOptional({
    type: [String],
    description: 'Parameters that the credential fills, by their names on the wire: never asked of a caller.',
  })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(100)
  @IsPlainText(256, { each: true, lengthMin: 1 })
  credentialParameters?: string[];

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: { type: 'string' },
    description: 'By `METHOD /path`: the media type of the body, where another than the preferred one is wanted.',
  })
  @IsOptional()
  @IsObject()
  @IsStringMap()
  bodyMediaTypes?: Record<string, string>;

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: { type: 'string' },
    description:
      'By `METHOD /path`: a jq filter that JSON answers go through; the result is the list of all its outputs.',
  })
  @IsOptional()
  @IsObject()
  @IsStringMap()
  responseFilters?: Record<string, string>;

  @ApiPropertyOptional({
    type: [String],
    description: 'Operations that only read, whatever their method says, each `METHOD /path`: their hints say so.',
  })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(2_000)
  @IsPlainText(2_048, { each: true, lengthMin: 1 })
  readOnlyOperations?: string[];

  @ApiPropertyOptional({
    default: false,
    description: 'Whether tools tell what they answer; loosely, it refuses nothing.',
  })
  @IsOptional()
  @IsBoolean()
  outputSchemas?: boolean;
}
