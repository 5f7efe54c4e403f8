import { applyDecorators } from '@nestjs/common';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform, Type } from 'class-transformer';
import { IsIn, IsNumber, IsOptional, Max, Min } from 'class-validator';
import { OffsetQuery } from '../rest/offset.query.js';
import { Count, Text } from '../rest/query.decorators.js';
import { asUserId } from '../rest/user-id.js';

const MS_MAX = 86_400_000;

const Hours = (byDefault: number, max: number): PropertyDecorator => Count(byDefault, max, 'The hours that end now.');

const Ms = (description: string): PropertyDecorator =>
  applyDecorators(
    ApiPropertyOptional({ type: Number, minimum: 0, maximum: MS_MAX, description }),
    IsOptional(),
    Type(() => Number),
    IsNumber(),
    Min(0),
    Max(MS_MAX),
  );

export const TRACE_STATUSES = ['ok', 'error'] as const;

/** `GET /observability/traces?status=error`, and what is posted to `/observability/traces/query`. */
export class TracesQuery extends OffsetQuery {
  @Ms('Calls that took at least so many milliseconds.')
  minDurationMs?: number;

  @Ms('Calls that took so many milliseconds at most.')
  maxDurationMs?: number;

  @ApiPropertyOptional({ enum: TRACE_STATUSES, description: '`error`: all that did not go well, refusals too.' })
  @IsOptional()
  @IsIn(TRACE_STATUSES)
  status?: (typeof TRACE_STATUSES)[number];

  @Text('The e-mail address of the user; of others only for who sees the calls of everybody.')
  @Transform(asUserId)
  userEmail?: string;
}

export const RESOURCE_TYPES = ['tool', 'prompt', 'resource'] as const;

/** `GET /observability/spans?resource_type=tool` */
export class SpansQuery extends OffsetQuery {
  @Text('The id of the trace.')
  traceId?: string;

  @ApiPropertyOptional({ enum: RESOURCE_TYPES, description: 'What was called.' })
  @IsOptional()
  @IsIn(RESOURCE_TYPES)
  resourceType?: (typeof RESOURCE_TYPES)[number];

  @Text('Its name, or the URI of the resource.')
  resourceName?: string;
}

/** `GET /observability/stats?hours=24` */
export class WindowQuery {
  @Hours(24, 168)
  hours: number = 24;
}

export const AGGREGATIONS = ['5m', '24h'] as const;

/** `GET /api/logs/performance-metrics?aggregation=5m` */
export class PerformanceQuery {
  @ApiPropertyOptional({ enum: ['gateway'], description: 'Calls are those of the gateway.' })
  @IsOptional()
  @IsIn(['gateway'])
  component?: string;

  @Text('The MCP method, such as `tools/call`.')
  operation?: string;

  @Hours(24, 1_000)
  hours: number = 24;

  @ApiPropertyOptional({ enum: AGGREGATIONS, default: '5m', description: 'How long each window is.' })
  @IsOptional()
  @IsIn(AGGREGATIONS)
  aggregation: (typeof AGGREGATIONS)[number] = '5m';
}
