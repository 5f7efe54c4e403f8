import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayMaxSize, ArrayUnique, IsArray, IsBoolean, IsOptional } from 'class-validator';
import { HasNoMarkup } from '#libs/service';
import { IsPlainText } from '../rest/plain-text.decorator.js';

export const ARGUMENTS_MAX = 100;
export const TITLE_CHARS_MAX = 255;
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
