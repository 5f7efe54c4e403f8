import { Readable } from 'node:stream';
import { Controller, Get, Param, Query, StreamableFile } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Principal } from '#contracts/auth/principal';
import { Caller, Requires } from '#libs/identity';
import { ApiFailures } from '#libs/service';
import { LogExportQuery, LogsQuery } from './logs.query.js';
import { LogsService } from './logs.service.js';
import { LINE_EXAMPLE, LOG_TRACE_EXAMPLE, LogTraceView, LogsView } from './logs.view.js';

/** What the services wrote to their logs, where it is kept. */
@ApiTags('logs')
@Requires('admin.security_audit')
@Controller('logs')
export class LogsController {
  constructor(private readonly logs: LogsService) {}

  @Get()
  @ApiOperation({
    summary: 'What the services wrote to their logs, the newest first, while `STRUCTURED_LOGGING_DATABASE_ENABLED`',
  })
  @ApiOkResponse({ type: LogsView, example: { lines: [LINE_EXAMPLE], nextCursor: null } })
  @ApiFailures('http.invalid', 'http.not_found')
  page(@Query() query: LogsQuery, @Caller() caller: Principal): Promise<LogsView> {
    return this.logs.page(query, caller);
  }

  @Get('export')
  @ApiOperation({ summary: 'The same as a file: a JSON object a line' })
  @ApiOkResponse({
    content: { 'application/x-ndjson': { schema: { type: 'string' }, example: `${JSON.stringify(LINE_EXAMPLE)}\n` } },
  })
  @ApiFailures('http.invalid', 'http.not_found')
  async export(@Query() query: LogExportQuery, @Caller() caller: Principal): Promise<StreamableFile> {
    return new StreamableFile(Readable.from(await this.logs.export(query, caller)), {
      type: 'application/x-ndjson; charset=utf-8',
      disposition: 'attachment; filename="logs.ndjson"',
    });
  }

  @Get('trace/:correlationId')
  @ApiOperation({ summary: 'Lines, calls and audit records of what a client finds by an `X-Correlation-ID`' })
  @ApiOkResponse({ type: LogTraceView, example: LOG_TRACE_EXAMPLE })
  @ApiFailures('http.not_found')
  trace(@Param('correlationId') correlationId: string, @Caller() caller: Principal): Promise<LogTraceView> {
    return this.logs.trace(correlationId, caller);
  }
}
