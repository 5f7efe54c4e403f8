import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform, Type } from 'class-transformer';
import { ArrayMaxSize, IsIn, IsInt, IsISO8601, IsOptional, IsString, Matches, MaxLength, Min } from 'class-validator';
import { Count, Text, asList } from '../rest/query.decorators.js';
import { asUserId } from '../rest/user-id.js';

const PAGE_LENGTH = 100;
const PAGE_LENGTH_MAX = 1_000;
const EXPORT_RECORDS = 100_000;
const EXPORT_RECORDS_MAX = 1_000_000;
const ACTIONS_MAX = 50;

/** How records of the audit trail are chosen. Also understood in snake_case. */
export class AuditFilterQuery {
  @ApiPropertyOptional({ format: 'date-time', description: 'What happened then or later (ISO 8601).' })
  @IsOptional()
  @IsISO8601({ strict: true })
  since?: string;

  @ApiPropertyOptional({ format: 'date-time', description: 'What happened before then.' })
  @IsOptional()
  @IsISO8601({ strict: true })
  until?: string;

  @Text('Who acted: the e-mail address of a user, the name of a command.')
  @Transform(asUserId)
  actor?: string;

  @ApiPropertyOptional({ type: String, description: 'One action or several, with commas: `gateway.changed`.' })
  @IsOptional()
  @Transform(asList)
  @ArrayMaxSize(ACTIONS_MAX)
  @Matches(/^[a-z_]{1,64}\.[a-z_]{1,64}$/, { each: true })
  action?: readonly string[];

  @Text('What it happened to: `user`, `token`, `team`, `role`, `gateway`, `tool`, `server`, …')
  resourceType?: string;

  @Text('Its id.')
  resourceId?: string;

  @ApiPropertyOptional({ enum: ['auth', 'registry', 'metrics'], description: 'The service that it happened in.' })
  @IsOptional()
  @IsIn(['auth', 'registry', 'metrics'])
  source?: string;

  @ApiPropertyOptional({ enum: ['security', 'change'], description: '`security`: log-ins alone.' })
  @IsOptional()
  @IsIn(['security', 'change'])
  category?: 'security' | 'change';

  @Text('The id of the trace of the request that did it.')
  traceId?: string;
}

/** `GET /audit?action=gateway.deleted&limit=20` */
export class AuditQuery extends AuditFilterQuery {
  @ApiPropertyOptional({ description: 'The `nextCursor` of an earlier page.' })
  @IsOptional()
  @IsString()
  @MaxLength(64)
  cursor?: string;

  @Count(PAGE_LENGTH, PAGE_LENGTH_MAX)
  limit: number = PAGE_LENGTH;
}

/** `GET /audit/export?since=2026-07-28` */
export class AuditExportQuery extends AuditFilterQuery {
  @Count(EXPORT_RECORDS, EXPORT_RECORDS_MAX)
  limit: number = EXPORT_RECORDS;
}

/** `GET /audit/verify?seq=41&hash=…` */
export class AuditVerifyQuery {
  @ApiPropertyOptional({
    type: 'integer',
    minimum: 0,
    description: 'With `hash`: a record that was noted before, from which on the chain is looked at.',
  })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(0)
  seq?: number;

  @ApiPropertyOptional({ type: String, pattern: '^[0-9a-f]{64}$' })
  @IsOptional()
  @Matches(/^[0-9a-f]{64}$/)
  hash?: string;
}
