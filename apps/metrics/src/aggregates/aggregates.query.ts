import { Type } from 'class-transformer';
import { IsInt, IsOptional, Max, Min } from 'class-validator';

/** `GET /metrics?hours=24&limit=5` */
export class AggregatesRequest {
  /** Whole hours, this one included; absent: all time. */
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(8_784)
  hours?: number;

  /** Entries in each list of top performers. */
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(100)
  limit: number = 5;
}
