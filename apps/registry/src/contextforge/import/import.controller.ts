import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Principal } from '#contracts/auth/principal';
import { Caller, Requires } from '#libs/identity';
import { ApiFailures } from '#libs/service';
import { ImportBody } from './import.body.js';
import { ImportService } from './import.service.js';
import { IMPORT_EXAMPLE, ImportView } from './import.view.js';

@ApiTags('import and export')
@Controller('import')
export class ImportController {
  constructor(private readonly imports: ImportService) {}

  @Post()
  @HttpCode(200)
  @Requires('admin.import')
  @ApiOperation({ summary: 'Take over gateways, tools and servers that ContextForge exported' })
  @ApiOkResponse({ type: ImportView, example: IMPORT_EXAMPLE })
  @ApiFailures('http.invalid', 'http.conflict')
  import(@Body() body: ImportBody, @Caller() principal: Principal): Promise<ImportView> {
    const {
      importData,
      selectedEntities,
      conflictStrategy = 'update',
      dryRun = false,
      credentials = 'always',
      secret,
      passphrase,
      applySet,
      visibility,
      teamId,
    } = body;
    const sight = { visibility, teamId };
    return this.imports.import(importData, selectedEntities, {
      principal,
      strategy: conflictStrategy,
      isDryRun: dryRun,
      credentials,
      secret,
      passphrase,
      applySet,
      sight,
    });
  }
}
