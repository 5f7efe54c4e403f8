import { applyDecorators } from '@nestjs/common';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayMaxSize, ArrayUnique, IsArray, IsOptional } from 'class-validator';
import { IsPlainText } from './plain-text.decorator.js';

/** Words that things are found by. */
export const IsTags = (): PropertyDecorator =>
  applyDecorators(
    ApiPropertyOptional({ type: [String] }),
    IsOptional(),
    IsArray(),
    ArrayMaxSize(50),
    ArrayUnique(),
    IsPlainText(100, { each: true, lengthMin: 1 }),
  );
