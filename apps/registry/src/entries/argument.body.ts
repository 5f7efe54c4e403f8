import { applyDecorators } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { ArrayMaxSize, ArrayUnique, IsArray, IsBoolean, IsOptional, ValidateNested } from 'class-validator';
import { HasNoMarkup } from '#libs/service';
import { IsPlainText } from '../rest/plain-text.decorator.js';

const ARGUMENTS_MAX = 100;
const TITLE_CHARS_MAX = 255;
/** A request holds a megabyte. */
export const CONTENT_CHARS_MAX = 786_432;

const VALUES_MAX = 1_000;

/** An argument of a prompt, or a variable of a URI template. */
export class ArgumentBody {
  @ApiProperty()
  @IsPlainText(128, { lengthMin: 1 })
  @HasNoMarkup()
  name!: string;

  @ApiPropertyOptional({ type: String, nullable: true })
  @IsOptional()
  @IsPlainText(1_024)
  description?: string | null;

  @ApiPropertyOptional({
    description: 'Default: whether the template has a gap for it and never asks whether it is there.',
  })
  @IsOptional()
  @IsBoolean()
  required?: boolean;

  @ApiPropertyOptional({ type: [String], maxItems: VALUES_MAX, description: 'What completion offers.' })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(VALUES_MAX)
  @ArrayUnique()
  @IsPlainText(255, { each: true, lengthMin: 1 })
  values?: string[];
}

/** The arguments of a prompt, or the variables of a URI template. */
export const ArgumentList = (description: string): PropertyDecorator =>
  applyDecorators(
    ApiPropertyOptional({ type: [ArgumentBody], description }),
    IsOptional(),
    IsArray(),
    ArrayMaxSize(ARGUMENTS_MAX),
    ValidateNested({ each: true }),
    Type(() => ArgumentBody),
  );

/** What people are shown in the place of a name. */
export const Title = (description?: string): PropertyDecorator =>
  applyDecorators(
    ApiPropertyOptional({ type: String, nullable: true, ...(description !== undefined && { description }) }),
    IsOptional(),
    IsPlainText(TITLE_CHARS_MAX),
    HasNoMarkup(),
  );
