import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsIn, IsISO8601, IsOptional, IsString, MaxLength } from 'class-validator';
import { Count, Text } from '../rest/query.decorators.js';
import { asUserId } from '../rest/user-id.js';
import { type LineLevel, SEVERITIES } from './log-lines.repository.js';

const LEVELS = Object.keys(SEVERITIES) as LineLevel[];
const PAGE_LENGTH = 100;
const PAGE_LENGTH_MAX = 1_000;
const EXPORT_LINES = 100_000;
const EXPORT_LINES_MAX = 1_000_000;

/** How lines of the log are chosen. Also understood in snake_case. */
export class LineFilterQuery {
  @ApiPropertyOptional({ format: 'date-time', description: 'Lines that were written then or later (ISO 8601).' })
  @IsOptional()
  @IsISO8601({ strict: true })
  since?: string;

  @ApiPropertyOptional({ format: 'date-time', description: 'Lines that were written before then.' })
  @IsOptional()
  @IsISO8601({ strict: true })
  until?: string;

  @ApiPropertyOptional({ enum: LEVELS, description: 'Of this level, or a graver one.' })
  @IsOptional()
  @IsIn(LEVELS)
  level?: LineLevel;

  @Text('The service that wrote it; `switchyard` where all are one process.')
  service?: string;

  @Text('The process that wrote it.')
  instance?: string;

  @Text('Whom it is about: the e-mail address of a user.')
  @Transform(asUserId)
  user?: string;

  @Text('The `X-Correlation-ID` of the answer that it is about.')
  correlationId?: string;

  @Text('The id of the trace.')
  traceId?: string;

  @Text('Stands somewhere in the message or in a field, in whatever case.')
  q?: string;
}

/** `GET /logs?level=warn&since=2026-07-28T09:00:00Z` */
export class LogsQuery extends LineFilterQuery {
  @ApiPropertyOptional({ description: 'The `nextCursor` of an earlier page.' })
  @IsOptional()
  @IsString()
  @MaxLength(512)
  cursor?: string;

  @Count(PAGE_LENGTH, PAGE_LENGTH_MAX)
  limit: number = PAGE_LENGTH;
}

/** `GET /logs/export?correlationId=my-request-1` */
export class LogExportQuery extends LineFilterQuery {
  @Count(EXPORT_LINES, EXPORT_LINES_MAX, 'Lines at most, the newest first.')
  limit: number = EXPORT_LINES;
}
