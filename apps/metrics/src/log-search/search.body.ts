import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { ArrayMaxSize, IsBoolean, IsIn, IsNumber, IsOptional, IsString, MaxLength, Min } from 'class-validator';
import { type LineLevel, SEVERITIES } from '../logs/log-lines.repository.js';
import { OffsetQuery } from '../rest/offset.query.js';
import { Text, asList } from '../rest/query.decorators.js';
import { asUserId } from '../rest/user-id.js';

const LEVELS = Object.keys(SEVERITIES) as LineLevel[];
/** As ContextForge names them. */
const ALIASES: Readonly<Record<string, LineLevel>> = { warning: 'warn', critical: 'fatal' };
const NAMES_MAX = 20;

const asLevels = (given: { value: unknown }): unknown => {
  const list = asList(given);
  if (!Array.isArray(list)) return list;
  return list.map((one) => (typeof one === 'string' ? (ALIASES[one.toLowerCase()] ?? one.toLowerCase()) : one));
};

/** `POST /api/logs/search` */
export class LogSearchBody extends OffsetQuery {
  @Text('Stands somewhere in the message or in a field, in whatever case.')
  searchText?: string;

  @ApiPropertyOptional({
    enum: LEVELS,
    isArray: true,
    description: 'Of one of these levels; `WARNING` and `CRITICAL` are understood.',
  })
  @IsOptional()
  @Transform(asLevels)
  @ArrayMaxSize(NAMES_MAX)
  @IsIn(LEVELS, { each: true })
  level?: readonly LineLevel[];

  @ApiPropertyOptional({ type: [String], description: 'Written by one of these services.' })
  @IsOptional()
  @Transform(asList)
  @ArrayMaxSize(NAMES_MAX)
  @IsString({ each: true })
  @MaxLength(64, { each: true })
  component?: readonly string[];

  @Text('The `X-Correlation-ID` of the answer that it is about.')
  correlationId?: string;

  @Text('Whom it is about: the e-mail address of a user.')
  @Transform(asUserId)
  userId?: string;

  @ApiPropertyOptional({ type: Number, minimum: 0, description: 'Took so many milliseconds or more.' })
  @IsOptional()
  @IsNumber()
  @Min(0)
  minDurationMs?: number;

  @ApiPropertyOptional({ type: Number, minimum: 0, description: 'Took so many milliseconds at most.' })
  @IsOptional()
  @IsNumber()
  @Min(0)
  maxDurationMs?: number;

  @ApiPropertyOptional({ type: Boolean, description: 'Whether it tells of an error.' })
  @IsOptional()
  @IsBoolean()
  hasError?: boolean;

  @ApiPropertyOptional({ enum: ['timestamp'], default: 'timestamp' })
  @IsOptional()
  @IsIn(['timestamp'])
  sortBy = 'timestamp';

  @ApiPropertyOptional({ enum: ['asc', 'desc'], default: 'desc' })
  @IsOptional()
  @IsIn(['asc', 'desc'])
  sortOrder: 'asc' | 'desc' = 'desc';
}

export const EVENT_SEVERITIES = ['LOW', 'MEDIUM'] as const;

/** `GET /api/logs/security-events?severity=MEDIUM` */
export class SecurityEventsQuery extends OffsetQuery {
  @ApiPropertyOptional({ enum: EVENT_SEVERITIES, isArray: true, description: '`MEDIUM`: a log-in was refused.' })
  @IsOptional()
  @Transform(asList)
  @IsIn(EVENT_SEVERITIES, { each: true })
  severity?: readonly (typeof EVENT_SEVERITIES)[number][];
}

/** `GET /api/logs/audit-trails?resource_type=gateway` */
export class AuditTrailsQuery extends OffsetQuery {
  @ApiPropertyOptional({ type: [String], description: 'One action or several: `gateway.changed`.' })
  @IsOptional()
  @Transform(asList)
  @ArrayMaxSize(NAMES_MAX)
  @IsString({ each: true })
  action?: readonly string[];

  @Text('What it happened to: `user`, `token`, `team`, `gateway`, `tool`, `server`, …')
  resourceType?: string;

  @Text('Who acted: the e-mail address of a user.')
  @Transform(asUserId)
  userId?: string;
}
