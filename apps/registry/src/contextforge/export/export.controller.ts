import { Body, Controller, Get, HttpCode, Post, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Principal } from '#contracts/auth/principal';
import { Caller, Requires } from '#libs/identity';
import { ApiFailures } from '#libs/service';
import { ExportBody, SelectiveExportBody } from './export.body.js';
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

  @Post()
  @HttpCode(200)
  @Requires('admin.export')
  @ApiOperation({ summary: 'The same, by name, and with a passphrase together with the credentials' })
  @ApiOkResponse({ type: ExportView, example: EXPORT_EXAMPLE })
  @ApiFailures('http.invalid')
  exportWith(@Body() body: ExportBody, @Caller() principal: Principal): Promise<ExportView> {
    return this.exports.export(body, principal);
  }

  @Post('selective')
  @HttpCode(200)
  @Requires('admin.export')
  @ApiOperation({ summary: 'What is named, enabled or not, without credentials' })
  @ApiOkResponse({ type: ExportView, example: EXPORT_EXAMPLE })
  @ApiFailures('http.invalid')
  selective(@Body() body: SelectiveExportBody, @Caller() principal: Principal): Promise<ExportView> {
    const given = Object.entries(body).filter(([, words]) => words !== undefined);
    const selectedEntities = Object.fromEntries(given) as Record<string, unknown>;
    return this.exports.export(Object.assign(new ExportBody(), { selectedEntities, includeInactive: true }), principal);
  }
}
