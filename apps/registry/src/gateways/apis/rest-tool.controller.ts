import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Principal } from '#contracts/auth/principal';
import { Caller, Requires } from '#libs/identity';
import { ApiFailures } from '#libs/service';
import { TOOL_EXAMPLE } from '../../entries/entry.examples.js';
import { ToolView } from '../../entries/entry.view.js';
import { GENERATED_SCHEMAS_EXAMPLE, GeneratedSchemasView } from './generated-schemas.view.js';
import { GenerateSchemasBody, RestToolBody } from './rest-tool.body.js';
import { RestToolService } from './rest-tool.service.js';

@ApiTags('tools')
@Controller('tools')
export class RestToolController {
  constructor(private readonly tools: RestToolService) {}

  @Post()
  @Requires('tools.create')
  @ApiOperation({ summary: 'Describe a route of an HTTP API by hand as a tool' })
  @ApiCreatedResponse({ type: ToolView, example: TOOL_EXAMPLE })
  @ApiFailures('http.invalid', 'registry.name_taken')
  create(@Body() body: RestToolBody, @Caller() caller: Principal) {
    return this.tools.create(body, caller);
  }

  @Post('generate-schemas-from-openapi')
  @HttpCode(200)
  @Requires('tools.create')
  @ApiOperation({ summary: 'The schemas of one operation of an OpenAPI document, for a tool described by hand' })
  @ApiOkResponse({ type: GeneratedSchemasView, example: GENERATED_SCHEMAS_EXAMPLE })
  @ApiFailures('http.invalid', 'registry.unknown', 'upstream.refused', 'upstream.unreachable', 'upstream.too_large')
  generateSchemas(@Body() body: GenerateSchemasBody) {
    return this.tools.generateSchemas(body);
  }
}
