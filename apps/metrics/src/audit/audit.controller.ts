import { Readable } from 'node:stream';
import { Controller, Get, Param, Query, StreamableFile } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Principal } from '#contracts/auth/principal';
import { Caller, Requires } from '#libs/identity';
import { ApiFailures } from '#libs/service';
import { AuditLogService } from './audit-log.service.js';
import { AuditExportQuery, AuditQuery, AuditVerifyQuery } from './audit.query.js';
import { AUDIT_EXAMPLE, AuditPageView, AuditVerdictView, PROVEN_EXAMPLE, ProvenRecordView } from './audit.view.js';

const VERDICT_EXAMPLE: AuditVerdictView = {
  intact: true,
  records: 42,
  erased: 0,
  brokenAt: null,
  fault: null,
  head: { seq: 42, hash: PROVEN_EXAMPLE.proof.hash },
};

/** Who changed what, and who logged in. */
@ApiTags('audit')
@Requires('admin.security_audit')
@Controller('audit')
export class AuditController {
  constructor(private readonly log: AuditLogService) {}

  @Get()
  @ApiOperation({ summary: 'Who changed what, and who logged in or tried to: the newest first' })
  @ApiOkResponse({
    type: AuditPageView,
    example: { records: [AUDIT_EXAMPLE], nextCursor: null, behind: [] },
  })
  @ApiFailures('http.invalid')
  page(@Query() query: AuditQuery, @Caller() caller: Principal): Promise<AuditPageView> {
    return this.log.page(query, caller);
  }

  @Get('export')
  @ApiOperation({ summary: 'The same as a file, the oldest first: a JSON object a line, each with what proves it' })
  @ApiOkResponse({
    content: {
      'application/x-ndjson': { schema: { type: 'string' }, example: `${JSON.stringify(PROVEN_EXAMPLE)}\n` },
    },
  })
  @ApiFailures('http.invalid')
  async export(@Query() query: AuditExportQuery, @Caller() caller: Principal): Promise<StreamableFile> {
    return new StreamableFile(Readable.from(await this.log.export(query, caller)), {
      type: 'application/x-ndjson; charset=utf-8',
      disposition: 'attachment; filename="audit.ndjson"',
    });
  }

  @Get('verify')
  @ApiOperation({ summary: 'Whether every record is as it was written, and none is missing' })
  @ApiOkResponse({ type: AuditVerdictView, example: VERDICT_EXAMPLE })
  @ApiFailures('http.invalid', 'http.overloaded')
  verify(@Query() query: AuditVerifyQuery, @Caller() caller: Principal): Promise<AuditVerdictView> {
    return this.log.verify(query, caller);
  }

  @Get(':id')
  @ApiOperation({ summary: 'One record' })
  @ApiOkResponse({ type: ProvenRecordView, example: PROVEN_EXAMPLE })
  @ApiFailures('http.not_found')
  one(@Param('id') id: string, @Caller() caller: Principal): Promise<ProvenRecordView> {
    return this.log.one(id, caller);
  }
}
