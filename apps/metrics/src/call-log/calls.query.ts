import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform, Type } from 'class-transformer';
import { IsIn, IsInt, IsISO8601, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';
import { CALL_OUTCOMES, type CallOutcome } from '#contracts/metrics/record-calls.request';
import { Count, Text, asList } from '../rest/query.decorators.js';
import { asUserId } from '../rest/user-id.js';

const PAGE_LENGTH = 100;
const PAGE_LENGTH_MAX = 1_000;

/** How call records are chosen. Also understood in snake_case. */
export class CallFilterQuery {
  @ApiPropertyOptional({ format: 'date-time', description: 'Calls that came then or later (ISO 8601).' })
  @IsOptional()
  @IsISO8601({ strict: true })
  since?: string;

  @ApiPropertyOptional({ format: 'date-time', description: 'Calls that came before then.' })
  @IsOptional()
  @IsISO8601({ strict: true })
  until?: string;

  @Text('The e-mail address of the user; of others only for who sees the calls of everybody.')
  @Transform(asUserId)
  user?: string;

  @Text('The `jti` of the token.')
  token?: string;

  @Text('The id of the virtual server that was called; `mcp` for the endpoint without one.')
  server?: string;

  @Text('The id of the upstream.')
  upstream?: string;

  @Text('The MCP method, such as `tools/call`.')
  method?: string;

  @Text('The name of the tool or prompt, or the URI of the resource, as the client wrote it.')
  name?: string;

  @ApiPropertyOptional({
    type: String,
    description: `One outcome or several, with commas: ${CALL_OUTCOMES.join(', ')}.`,
  })
  @IsOptional()
  @Transform(asList)
  @IsIn(CALL_OUTCOMES, { each: true })
  outcome?: readonly CallOutcome[];

  @Text('The code of the failure; docs/reference/errors.md lists them.')
  code?: string;

  @Text('What the client calls itself.')
  client?: string;

  @Text('The address of the client.')
  address?: string;

  @Text('The id of the trace.')
  traceId?: string;

  @ApiPropertyOptional({ type: 'integer', minimum: 0, description: 'Calls that took at least so many milliseconds.' })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(0)
  @Max(86_400_000)
  minMs?: number;
}

/** `GET /calls?outcome=refused,error&limit=20` */
export class CallsQuery extends CallFilterQuery {
  @ApiPropertyOptional({ description: 'The `nextCursor` of an earlier page.' })
  @IsOptional()
  @IsString()
  @MaxLength(256)
  cursor?: string;

  @Count(PAGE_LENGTH, PAGE_LENGTH_MAX)
  limit: number = PAGE_LENGTH;
}

/** How records are written out. */
export const EXPORT_FORMATS = ['ndjson', 'csv'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];
const EXPORT_RECORDS = 100_000;
const EXPORT_RECORDS_MAX = 1_000_000;

/** `GET /calls/export?format=csv&since=2026-07-28` */
export class ExportQuery extends CallFilterQuery {
  @ApiPropertyOptional({ enum: EXPORT_FORMATS, default: 'ndjson' })
  @IsOptional()
  @IsIn(EXPORT_FORMATS)
  format: ExportFormat = 'ndjson';

  @Count(EXPORT_RECORDS, EXPORT_RECORDS_MAX, 'Records at most, the newest first.')
  limit: number = EXPORT_RECORDS;
}
