import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { IsOptional } from 'class-validator';
import type { Principal } from '#contracts/auth/principal';
import { Caller, Requires } from '#libs/identity';
import { ApiFailures } from '#libs/service';
import { prefixOf, slugOf } from '../../entries/names/naming.js';
import { GatewayEntriesService } from '../../entries/gateway-entries.service.js';
import { IsPlainText } from '../../rest/plain-text.decorator.js';
import { OpenApiBody } from '../../sources/openapi/openapi.body.js';
import { httpToolSourceOf, OpenApiSourceService } from '../../sources/openapi/openapi-source.service.js';
import { apiToolOf } from '../../sources/api-reading.js';
import { changesBetween, pinnedNames } from '../../sources/openapi/tool-changes.js';
import { GatewayService } from '../gateway.service.js';
import { PREVIEW_EXAMPLE, OpenApiPreviewView } from './openapi.view.js';

export class PreviewOpenApiBody extends OpenApiBody {
  @ApiPropertyOptional({
    description: 'The name that the gateway would have: its slug takes room in the names of tools.',
  })
  @IsOptional()
  @IsPlainText(255, { lengthMin: 1 })
  name?: string;

  @ApiPropertyOptional({ description: 'A gateway of this document: answers also what would change there.' })
  @IsOptional()
  @IsPlainText(64, { lengthMin: 1 })
  gatewayId?: string;
}

@ApiTags('openapi')
@Controller('openapi')
export class OpenApiController {
  constructor(
    private readonly openapi: OpenApiSourceService,
    private readonly gateways: GatewayService,
    private readonly entries: GatewayEntriesService,
  ) {}

  @Post('preview')
  @HttpCode(200)
  @Requires('gateways.create')
  @ApiOperation({ summary: 'What an OpenAPI document would bring as tools; nothing is stored' })
  @ApiOkResponse({ type: OpenApiPreviewView, example: PREVIEW_EXAMPLE })
  @ApiFailures('http.invalid', 'registry.unknown', 'upstream.refused', 'upstream.unreachable', 'upstream.too_large')
  async preview(@Body() body: PreviewOpenApiBody, @Caller() caller: Principal): Promise<OpenApiPreviewView> {
    const { gatewayId, name, ...openapi } = body;
    if (gatewayId === undefined) {
      const prefix = name === undefined ? '' : prefixOf({ slug: slugOf(name), toolPrefix: null });
      return new OpenApiPreviewView((await this.openapi.preview(openapi, { prefix })).preview);
    }
    const gateway = await this.gateways.findChangeable(gatewayId, caller);
    const stored = await this.entries.findOf(gateway.id);
    const terms = { prefix: prefixOf(gateway), pinnedNames: pinnedNames(stored) };
    const { preview, tools } = await this.openapi.preview(openapi, terms);
    const read = tools.map((tool) => ({ ...apiToolOf(tool, httpToolSourceOf(tool)), originalName: tool.name }));
    return new OpenApiPreviewView(preview, changesBetween(stored, read));
  }
}
