import { Readable } from 'node:stream';
import { Body, Controller, Get, HttpCode, Param, Post, Query, StreamableFile } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Principal } from '#contracts/auth/principal';
import { Authenticated, Caller, Requires } from '#libs/identity';
import { ApiFailures } from '#libs/service';
import { CALL_EXAMPLE, CallView, CallsView, ErasureView } from './call.view.js';
import { CallLogService } from './call-log.service.js';
import { CallsQuery, ExportQuery } from './calls.query.js';
import { ErasureBody } from './erasure.body.js';
import { ErasureService } from './erasure.service.js';
import { CONTENT_TYPES, headOf, writtenOut } from './written-out.js';

@ApiTags('calls')
@Controller('calls')
export class CallLogController {
  constructor(
    private readonly calls: CallLogService,
    private readonly erasure: ErasureService,
  ) {}

  @Get()
  @Authenticated()
  @ApiOperation({
    summary:
      'Calls and refusals, the newest first: all with `admin.metrics` and every team, else your own; by a narrowed token those of the token',
  })
  @ApiOkResponse({ type: CallsView, example: { calls: [CALL_EXAMPLE], nextCursor: null } })
  @ApiFailures('http.invalid')
  page(@Query() query: CallsQuery, @Caller() caller: Principal): Promise<CallsView> {
    return this.calls.page(query, caller);
  }

  @Get('export')
  @Authenticated()
  @ApiOperation({ summary: 'The same as a file: a JSON object a line, or CSV' })
  @ApiOkResponse({
    content: {
      'application/x-ndjson': { schema: { type: 'string' }, example: writtenOut([CALL_EXAMPLE], 'ndjson') },
      'text/csv': { schema: { type: 'string' }, example: headOf('csv') + writtenOut([CALL_EXAMPLE], 'csv') },
    },
  })
  @ApiFailures('http.invalid')
  async export(@Query() query: ExportQuery, @Caller() caller: Principal): Promise<StreamableFile> {
    return new StreamableFile(Readable.from(await this.calls.export(query, caller)), {
      type: CONTENT_TYPES[query.format],
      disposition: `attachment; filename="calls.${query.format}"`,
    });
  }

  @Post('erase')
  @HttpCode(200)
  @Requires('admin.user_management', 'admin.security_audit')
  @ApiOperation({
    summary:
      'Erase one person from call records and the audit trail; calls stay counted, the chain of the trail stays whole',
  })
  @ApiOkResponse({ type: ErasureView, example: { calls: 42, auditRecords: 3, logLines: 7 } })
  @ApiFailures('http.invalid', 'platform.not_ready')
  erase(@Body() { user }: ErasureBody, @Caller() caller: Principal): Promise<ErasureView> {
    return this.erasure.erase(user, caller);
  }

  @Get(':id')
  @Authenticated()
  @ApiOperation({ summary: 'One call or refusal' })
  @ApiOkResponse({ type: CallView, example: CALL_EXAMPLE })
  @ApiFailures('http.not_found')
  one(@Param('id') id: string, @Caller() caller: Principal): Promise<CallView> {
    return this.calls.one(id, caller);
  }
}
