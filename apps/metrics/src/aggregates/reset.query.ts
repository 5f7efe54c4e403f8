import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional, IsString, MaxLength, MinLength } from 'class-validator';

/** What of: all kinds, one kind, or one thing of a kind. */
export const RESET_ENTITIES = ['tool', 'resource', 'prompt', 'server', 'gateway'] as const;
export type ResetEntity = (typeof RESET_ENTITIES)[number];

/** `POST /metrics/reset?entity=tool&entity_id=weather-forecast` */
export class ResetQuery {
  @ApiPropertyOptional({ enum: RESET_ENTITIES, description: 'Absent: everything.' })
  @IsOptional()
  @IsIn(RESET_ENTITIES)
  entity?: ResetEntity;

  @ApiPropertyOptional({
    name: 'entity_id',
    type: String,
    maxLength: 2_048,
    description: 'Of a tool or prompt its name, of a resource its URI, of a server or gateway its id. Needs `entity`.',
  })
  @IsOptional()
  @IsString()
  @MinLength(1)
  @MaxLength(2_048)
  entityId?: string;
}
