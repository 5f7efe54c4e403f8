import { applyDecorators } from '@nestjs/common';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform, Type } from 'class-transformer';
import { IsBoolean, IsInt, IsOptional, IsString, Max, MaxLength, Min, MinLength } from 'class-validator';

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

/** A query parameter that is off unless it says `true`. */
export const Switch = (description: string): PropertyDecorator =>
  applyDecorators(
    ApiPropertyOptional({ type: Boolean, default: false, description }),
    IsOptional(),
    Transform(({ value }: { value: unknown }) => (value === 'true' ? true : value === 'false' ? false : value)),
    IsBoolean(),
  );

/** For `@Transform`: one value or several, with commas. */
export const asList = ({ value }: { value: unknown }): unknown =>
  typeof value === 'string' ? value.split(',') : value;
