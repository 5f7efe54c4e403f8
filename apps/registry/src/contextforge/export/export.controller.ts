import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Principal } from '#contracts/auth/principal';
import { Caller, Requires } from '#libs/identity';
import { ApiFailures } from '#libs/service';
import { ExportService } from './export.service.js';
import { EXPORT_EXAMPLE, ExportQuery, ExportView } from './export.view.js';

@ApiTags('import and export')
@Controller('export')
export class ExportController {
  constructor(private readonly exports: ExportService) {}

  @Get()
  @Requires('admin.export')
  @ApiOperation({ summary: 'What is registered, in the form of ContextForge; credentials are left out and named' })
  @ApiOkResponse({ type: ExportView, example: EXPORT_EXAMPLE })
  @ApiFailures('http.invalid')
  export(@Query() query: ExportQuery, @Caller() principal: Principal): Promise<ExportView> {
    return this.exports.export(query, principal);
  }
}
