import { Controller, HttpCode, Param, Post } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiTags } from '@nestjs/swagger';
import { UpstreamConsentChanged } from '#contracts/auth/credential-revoked.event';
import type { Principal } from '#contracts/auth/principal';
import type { PayloadOf } from '#contracts/define';
import { Subscribes } from '#libs/bus';
import { toGatewayError } from '#libs/errors';
import { Caller, Requires } from '#libs/identity';
import { ApiFailures } from '#libs/service';
import { InjectLogger, type Logger } from '#libs/telemetry';
import { GatewayService } from '../gateways/gateway.service.js';
import { RefreshService } from './refresh.service.js';

export class FetchedToolsView {
  @ApiProperty({ type: Boolean })
  readonly success = true;

  @ApiProperty({ type: String })
  readonly message: string;

  constructor(count: number) {
    this.message = `Successfully fetched and created ${count} tools`;
  }
}

/** What an upstream offers that shows it to people alone: listed with the consent of the one who registered it. */
@ApiTags('oauth')
@Controller('oauth/fetch-tools')
export class ConsentController {
  constructor(
    private readonly gateways: GatewayService,
    private readonly refreshing: RefreshService,
    @InjectLogger() private readonly logger: Logger,
  ) {}

  @Post(':gatewayId')
  @HttpCode(200)
  @Requires('gateways.update')
  @ApiOperation({ summary: 'List anew what a gateway offers, with the consent of the one who registered it' })
  @ApiOkResponse({ type: FetchedToolsView, example: new FetchedToolsView(3) })
  @ApiFailures(
    'registry.unknown',
    'http.conflict',
    'upstream.consent_needed',
    'upstream.unreachable',
    'upstream.unauthorised',
    'upstream.not_mcp',
    'upstream.invalid_answer',
    'upstream.timed_out',
    'bus.no_responders',
  )
  async fetchTools(@Param('gatewayId') id: string, @Caller() caller: Principal): Promise<FetchedToolsView> {
    await this.gateways.findChangeable(id, caller);
    const first = await this.gateways.consented(id);
    if (first !== null) return new FetchedToolsView((await this.gateways.describe(id, caller)).toolCount);
    return new FetchedToolsView((await this.refreshing.refresh(id, caller)).added.length);
  }

  @Subscribes(UpstreamConsentChanged, { group: 'registry' })
  async consentChanged(
    @Payload() { upstreamId, isGiven, isCatalogs }: PayloadOf<typeof UpstreamConsentChanged>,
  ): Promise<void> {
    if (!isGiven || !isCatalogs) return;
    try {
      if ((await this.gateways.consented(upstreamId)) === null) await this.refreshing.refreshIfFree(upstreamId);
    } catch (error) {
      const { code, message } = toGatewayError(error);
      this.logger.warn(
        { upstreamId, code, reason: message },
        'a gateway could not be listed with the consent that came',
      );
    }
  }
}
