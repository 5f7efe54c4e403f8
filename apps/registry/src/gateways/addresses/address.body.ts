import { applyDecorators } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsInt, IsOptional, Max, Min, ValidateNested } from 'class-validator';
import { IsUrlText } from '../../rest/plain-text.decorator.js';

/** What a further address is where nothing else is said: it stands by. */
export const STAND_BY = { priority: 1, weight: 100 } as const;

/** Beside `url`. */
const ADDRESSES_MAX = 8;
const PRIORITY_MAX = 100;
const WEIGHT_MAX = 1_000;

/** A further place where the same server is reached. */
export class AddressBody {
  @ApiProperty({ description: 'http or https, without a query: that of `url`, if it has one, is sent here too.' })
  @IsUrlText({ lengthMin: 1 })
  url!: string;

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 0,
    maximum: PRIORITY_MAX,
    default: STAND_BY.priority,
    description: 'It has its turn while none with a smaller number is there. That of `url` is 0.',
  })
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(PRIORITY_MAX)
  priority?: number;

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 1,
    maximum: WEIGHT_MAX,
    default: STAND_BY.weight,
    description: 'Its share among those with the same number. That of `url` is 100.',
  })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(WEIGHT_MAX)
  weight?: number;
}

/** Further addresses of what a body describes. */
export const Addresses = (description: string): PropertyDecorator =>
  applyDecorators(
    ApiPropertyOptional({ type: [AddressBody], nullable: true, maxItems: ADDRESSES_MAX, description }),
    IsOptional(),
    IsArray(),
    ArrayMaxSize(ADDRESSES_MAX),
    ValidateNested({ each: true }),
    Type(() => AddressBody),
  );
