import { ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsInt, IsOptional, Max, Min } from 'class-validator';

/** `GET /metrics?hours=24&limit=5` */
export class AggregatesQuery {
  @ApiPropertyOptional({
    type: 'integer',
    minimum: 1,
    maximum: 8_784,
    description: 'Whole hours, this one included; absent: all time.',
  })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(8_784)
  hours?: number;

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 1,
    maximum: 100,
    default: 5,
    description: 'Entries in each list of top performers.',
  })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(100)
  limit: number = 5;
}
