import { applyDecorators } from '@nestjs/common';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsInt, IsOptional, IsString, Max, MaxLength, Min, MinLength } from 'class-validator';

const TEXT_CHARS_MAX = 512;

/** A query parameter that is compared with a text of the records. */
export const Text = (description: string): PropertyDecorator =>
  applyDecorators(
    ApiPropertyOptional({ type: String, maxLength: TEXT_CHARS_MAX, description }),
    IsOptional(),
    IsString(),
    MinLength(1),
    MaxLength(TEXT_CHARS_MAX),
  );

/** A query parameter that says how many there may be at most. */
export const Count = (byDefault: number, max: number, description?: string): PropertyDecorator =>
  applyDecorators(
    ApiPropertyOptional({
      type: 'integer',
      minimum: 1,
      maximum: max,
      default: byDefault,
      ...(description !== undefined && { description }),
    }),
    IsOptional(),
    Type(() => Number),
    IsInt(),
    Min(1),
    Max(max),
  );

/** For `@Transform`: one value or several, with commas. */
export const asList = ({ value }: { value: unknown }): unknown =>
  typeof value === 'string' ? value.split(',') : value;
