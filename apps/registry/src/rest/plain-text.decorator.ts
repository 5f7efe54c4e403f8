import { applyDecorators } from '@nestjs/common';
import { ApiPropertyOptional } from '@nestjs/swagger';
import {
  ArrayMaxSize,
  ArrayUnique,
  IsArray,
  IsOptional,
  Matches,
  ValidateBy,
  type ValidationOptions,
} from 'class-validator';
import { HasNoMarkup } from '#libs/service';

/**
 * Control characters but for tab and line ends (PostgreSQL takes no U+0000), halves of surrogate pairs, and what makes
 * text look like other text: zero-width spaces, direction overrides, tag characters. Joiners stay, emoji need them.
 */
const DECEPTIVE = /(?![\t\n\r])[\p{Cc}\p{Cs}\u200b\u2028-\u202e\u2060-\u2069\ufeff\u{e0000}-\u{e007f}]/u;

/** Text within a length that holds nothing unseen. */
export const IsPlainText = (
  lengthMax: number,
  options?: ValidationOptions & { lengthMin?: number },
): PropertyDecorator =>
  ValidateBy(
    {
      name: 'isPlainText',
      validator: {
        validate: (value: unknown) =>
          typeof value === 'string' &&
          value.length >= (options?.lengthMin ?? 0) &&
          value.length <= lengthMax &&
          !DECEPTIVE.test(value),
        defaultMessage: () =>
          `${options?.each === true ? 'each value of ' : ''}$property must be text of ${options?.lengthMin ?? 0} to ${lengthMax} characters, none of them invisible`,
      },
    },
    options,
  );

/** The text of a URL, on one line: whoever parses it would pass over tabs and line ends, and call another than was shown. */
export const IsUrlText = (options?: { lengthMin: number }): PropertyDecorator =>
  applyDecorators(
    IsPlainText(2_048, options),
    Matches(/^[^\t\n\r]*$/, { message: '$property must not hold tabs or line ends' }),
  );

/** Text as it is to be passed on, whatever is in it but what PostgreSQL does not take. */
export const IsContent = (lengthMax: number): PropertyDecorator =>
  ValidateBy({
    name: 'isContent',
    validator: {
      validate: (value: unknown) =>
        typeof value === 'string' && value.length <= lengthMax && !value.includes('\0') && value.isWellFormed(),
      defaultMessage: () => `$property must be text of at most ${lengthMax} characters, without U+0000`,
    },
  });

/** A name of up to 255 characters without markup. */
export const IsName = (): PropertyDecorator => applyDecorators(IsPlainText(255, { lengthMin: 1 }), HasNoMarkup());

/** Up to 50 words that things are found by. */
export const IsTags = (): PropertyDecorator =>
  applyDecorators(
    ApiPropertyOptional({ type: [String], maxItems: 50 }),
    IsOptional(),
    IsArray(),
    ArrayMaxSize(50),
    ArrayUnique(),
    IsPlainText(100, { each: true, lengthMin: 1 }),
  );
