import { Controller, Get, Param } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Principal } from '#contracts/auth/principal';
import { Caller, Requires } from '#libs/identity';
import { ApiFailures } from '#libs/service';
import { GatewayImpactService } from './gateway-impact.service.js';
import { IMPACT_EXAMPLE, GatewayImpactView } from './gateway-impact.view.js';

@ApiTags('gateways')
@Controller('gateways')
export class GatewayImpactController {
  constructor(private readonly impacts: GatewayImpactService) {}

  @Get(':id/impact-preview')
  @Requires('gateways.read')
  @ApiOperation({ summary: 'What would break if the gateway were removed' })
  @ApiOkResponse({ type: GatewayImpactView, example: IMPACT_EXAMPLE })
  @ApiFailures('registry.unknown')
  preview(@Param('id') id: string, @Caller() caller: Principal): Promise<GatewayImpactView> {
    return this.impacts.preview(id, caller);
  }
}
