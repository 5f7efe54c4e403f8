import { Controller, Get, Param } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Principal } from '#contracts/auth/principal';
import { Caller, Requires } from '#libs/identity';
import { ApiFailures } from '#libs/service';
import { TimelineService } from './timeline.service.js';
import { GatewayTimelineView, TIMELINE_EXAMPLE } from './timeline.view.js';

@ApiTags('gateways')
@Controller('gateways')
export class TimelineController {
  constructor(private readonly timelines: TimelineService) {}

  @Get(':id/timeline')
  @Requires('gateways.read')
  @ApiOperation({ summary: 'How a gateway was, since when and why, and what its program wrote last' })
  @ApiOkResponse({ type: GatewayTimelineView, example: TIMELINE_EXAMPLE })
  @ApiFailures('registry.unknown')
  timeline(@Param('id') id: string, @Caller() caller: Principal): Promise<GatewayTimelineView> {
    return this.timelines.describe(id, caller);
  }
}
