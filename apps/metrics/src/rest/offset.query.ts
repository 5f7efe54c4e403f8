import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsISO8601, IsNumber, IsOptional, Max, Min } from 'class-validator';
import { Count } from './query.decorators.js';

const OFFSET_MAX = 10_000;

/** How far into what is found a page begins. Whoever wants more asks by time, or uses the routes with cursors. */
export class OffsetQuery {
  @ApiPropertyOptional({ format: 'date-time', description: 'Then or later (ISO 8601).' })
  @IsOptional()
  @IsISO8601({ strict: true })
  startTime?: string;

  @ApiPropertyOptional({ format: 'date-time', description: 'Before then.' })
  @IsOptional()
  @IsISO8601({ strict: true })
  endTime?: string;

  @Count(100, 1_000)
  limit: number = 100;

  @ApiPropertyOptional({ type: 'integer', minimum: 0, maximum: OFFSET_MAX, default: 0 })
  @IsOptional()
  @Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? Number(value) : value))
  @IsNumber({ maxDecimalPlaces: 0 })
  @Min(0)
  @Max(OFFSET_MAX)
  offset: number = 0;
}
