import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Principal } from '#contracts/auth/principal';
import { Caller, Requires } from '#libs/identity';
import { ApiFailures } from '#libs/service';
import { TOOL_EXAMPLE } from '../../entries/entry.examples.js';
import { ToolView } from '../../entries/entry.view.js';
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
  @ApiOkResponse({
    schema: {
      type: 'object',
      required: ['message', 'success', 'input_schema', 'output_schema', 'spec_url'],
      properties: {
        message: { type: 'string', example: 'Schemas generated from the OpenAPI document' },
        success: { type: 'boolean', enum: [true] },
        input_schema: {
          type: 'object',
          additionalProperties: true,
          example: { type: 'object', properties: { id: { type: 'string' } }, required: ['id'] },
        },
        output_schema: { type: 'object', additionalProperties: true, nullable: true, example: null },
        spec_url: { type: 'string', format: 'uri' },
      },
    },
  })
  @ApiFailures('http.invalid', 'registry.unknown', 'upstream.refused', 'upstream.unreachable', 'upstream.too_large')
  generateSchemas(@Body() body: GenerateSchemasBody) {
    return this.tools.generateSchemas(body);
  }
}
