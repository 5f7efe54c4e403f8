import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsBoolean, IsInt, IsOptional, Max, Min } from 'class-validator';
import { asBoolean } from '../rest/list.query.js';
import { IsPlainText } from '../rest/plain-text.decorator.js';

const TAGS_MAX = 50;
const LIMIT_MAX = 1_000;

const asInteger = ({ value }: { value: unknown }): unknown =>
  typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value;
const asTexts = ({ value }: { value: unknown }): unknown =>
  typeof value === 'string' ? value.split(',').map((tag) => tag.trim()) : value;

/** Which servers of the catalog are wanted. */
export class KnownServersQuery {
  @ApiPropertyOptional({ description: 'Of this category alone.' })
  @IsOptional()
  @IsPlainText(100)
  category?: string;

  @ApiPropertyOptional({ description: 'Of this `auth_type` alone.' })
  @IsOptional()
  @IsPlainText(100)
  authType?: string;

  @ApiPropertyOptional({ description: 'Of this provider alone.' })
  @IsOptional()
  @IsPlainText(255)
  provider?: string;

  @ApiPropertyOptional({ description: 'With this text in the name, the description, the provider or a tag.' })
  @IsOptional()
  @IsPlainText(255)
  search?: string;

  @ApiPropertyOptional({ type: String, description: 'Tags, with commas or several times: with any of them.' })
  @IsOptional()
  @Transform(asTexts)
  @IsArray()
  @ArrayMaxSize(TAGS_MAX)
  @IsPlainText(100, { each: true })
  tags?: string[];

  @ApiPropertyOptional({ default: false, description: 'Only those that are registered here already.' })
  @IsOptional()
  @Transform(asBoolean)
  @IsBoolean()
  showRegisteredOnly?: boolean;

  @ApiPropertyOptional({
    default: false,
    description: 'Without those that are registered here and were not reachable when they were last asked.',
  })
  @IsOptional()
  @Transform(asBoolean)
  @IsBoolean()
  showAvailableOnly?: boolean;

  @ApiPropertyOptional({ default: 100, maximum: LIMIT_MAX })
  @IsOptional()
  @Transform(asInteger)
  @IsInt()
  @Min(1)
  @Max(LIMIT_MAX)
  limit?: number;

  @ApiPropertyOptional({ default: 0 })
  @IsOptional()
  @Transform(asInteger)
  @IsInt()
  @Min(0)
  offset?: number;
}
