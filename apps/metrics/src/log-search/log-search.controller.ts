import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Principal } from '#contracts/auth/principal';
import { Caller, Requires } from '#libs/identity';
import { ApiFailures } from '#libs/service';
import { LogSearchService } from './log-search.service.js';
import {
  AUDIT_TRAIL_EXAMPLE,
  AuditTrailView,
  CORRELATION_EXAMPLE,
  CorrelationView,
  FOUND_LINE_EXAMPLE,
  FoundLinesView,
  SECURITY_EVENT_EXAMPLE,
  SecurityEventView,
} from './log-search.view.js';
import { AuditTrailsQuery, LogSearchBody, SecurityEventsQuery } from './search.body.js';

/** The log and the audit trail where programs for ContextForge look for them, under the names that they know. */
@ApiTags('logs')
@Requires('admin.security_audit')
@Controller('api/logs')
export class LogSearchController {
  constructor(private readonly logs: LogSearchService) {}

  @Post('search')
  @HttpCode(200)
  @ApiOperation({ summary: '`GET /logs` as ContextForge has it, while `STRUCTURED_LOGGING_DATABASE_ENABLED`' })
  @ApiOkResponse({ type: FoundLinesView, example: { total: 1, results: [FOUND_LINE_EXAMPLE] } })
  @ApiFailures('http.invalid', 'http.not_found')
  search(@Body() body: LogSearchBody, @Caller() caller: Principal): Promise<FoundLinesView> {
    return this.logs.search(body, caller);
  }

  @Get('trace/:correlationId')
  @ApiOperation({ summary: '`GET /logs/trace/{correlationId}` as ContextForge has it' })
  @ApiOkResponse({ type: CorrelationView, example: CORRELATION_EXAMPLE })
  @ApiFailures('http.not_found')
  trace(@Param('correlationId') correlationId: string, @Caller() caller: Principal): Promise<CorrelationView> {
    return this.logs.trace(correlationId, caller);
  }

  @Get('security-events')
  @ApiOperation({ summary: 'Log-ins, those that were refused among them: the newest first' })
  @ApiOkResponse({ type: [SecurityEventView], example: [SECURITY_EVENT_EXAMPLE] })
  @ApiFailures('http.invalid')
  securityEvents(@Query() query: SecurityEventsQuery, @Caller() caller: Principal): Promise<SecurityEventView[]> {
    return this.logs.securityEvents(query, caller);
  }

  @Get('audit-trails')
  @ApiOperation({ summary: '`GET /audit` as ContextForge has it' })
  @ApiOkResponse({ type: [AuditTrailView], example: [AUDIT_TRAIL_EXAMPLE] })
  @ApiFailures('http.invalid')
  auditTrails(@Query() query: AuditTrailsQuery, @Caller() caller: Principal): Promise<AuditTrailView[]> {
    return this.logs.auditTrails(query, caller);
  }
}
