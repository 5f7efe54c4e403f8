import { Body, Controller, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Principal } from '#contracts/auth/principal';
import { Caller, Requires } from '#libs/identity';
import { ApiFailures } from '#libs/service';
import { ToolPlaceQuery } from '../call/index.js';
import { PreviewToolBody } from './preview.body.js';
import { PreviewService } from './preview.service.js';
import { PREVIEW_EXAMPLE, ToolPreviewView } from './preview.view.js';

/** The dry run of a call. */
@ApiTags('tools')
@Controller('tools/preview')
export class PreviewController {
  constructor(private readonly previews: PreviewService) {}

  @Post(':name')
  @HttpCode(200)
  @Requires('tools.preview')
  @ApiOperation({ summary: 'What would become of a call: nothing is executed, and nothing recorded' })
  @ApiOkResponse({ type: ToolPreviewView, example: PREVIEW_EXAMPLE })
  @ApiFailures('registry.unknown', 'registry.unavailable', 'http.invalid')
  preview(
    @Param('name') name: string,
    @Query() { serverId }: ToolPlaceQuery,
    @Body() body: PreviewToolBody,
    @Caller() caller: Principal,
  ): Promise<ToolPreviewView> {
    return this.previews.preview({ name, serverId: serverId ?? null, args: body.arguments ?? {} }, caller);
  }
}
