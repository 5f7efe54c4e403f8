import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiExtraModels, ApiOkResponse, ApiOperation, ApiTags, getSchemaPath } from '@nestjs/swagger';
import { type OAuthGrantType, exchangesTokens } from '#contracts/auth/oauth/oauth-client';
import type { Principal } from '#contracts/auth/principal';
import { DescribeUpstreamTokens } from '#contracts/auth/oauth/describe-upstream-tokens.request';
import type { RequestOf } from '#contracts/define';
import { type Bus, InjectBus } from '#libs/bus';
import { Caller, Requires } from '#libs/identity';
import { ApiFailures } from '#libs/service';
import type { GatewayEntity } from '../gateway.entity.js';
import { GatewayService } from '../gateway.service.js';
import { OAuthStatusQuery } from './oauth-status.query.js';
import { OAuthStatusView, STATUS_EXAMPLE } from './oauth-status.view.js';

/** Whether gateways need the consent of each caller, how that of the caller stands, and the access tokens that are shown. */
@ApiTags('oauth')
@Controller('oauth/status')
export class OAuthStatusController {
  constructor(
    private readonly gateways: GatewayService,
    @InjectBus() private readonly bus: Bus,
  ) {}

  @Get()
  @Requires('gateways.read')
  @ApiOperation({ summary: 'Consent at several gateways, by their ids' })
  @ApiExtraModels(OAuthStatusView)
  @ApiOkResponse({
    schema: { type: 'object', additionalProperties: { $ref: getSchemaPath(OAuthStatusView) } },
    example: { '0c9e8d7b6a5f4e3d2c1b0a9f8e7d6c5b': STATUS_EXAMPLE },
  })
  @ApiFailures('http.invalid')
  async ofSeveral(
    @Query() { gatewayIds }: OAuthStatusQuery,
    @Caller() caller: Principal,
  ): Promise<Readonly<Record<string, OAuthStatusView>>> {
    const gateways = await this.gateways.findSeen(gatewayIds, caller);
    return this.statusOf(gateways, caller);
  }

  @Get(':gatewayId')
  @Requires('gateways.read')
  @ApiOperation({ summary: 'Consent at one gateway' })
  @ApiOkResponse({ type: OAuthStatusView, example: STATUS_EXAMPLE })
  @ApiFailures('registry.unknown')
  async ofOne(@Param('gatewayId') id: string, @Caller() caller: Principal): Promise<OAuthStatusView> {
    const gateway = await this.gateways.findViewable(id, caller);
    return (await this.statusOf([gateway], caller))[gateway.id] as OAuthStatusView;
  }

  private async statusOf(
    gateways: readonly GatewayEntity[],
    caller: Principal,
  ): Promise<Record<string, OAuthStatusView>> {
    const idsOf = (is: (grantType?: OAuthGrantType) => boolean) =>
      gateways.filter(({ credentialShape }) => is(credentialShape.oauth?.grantType)).map(({ id }) => id);
    const isOwn = (grantType?: OAuthGrantType) => grantType === 'authorization_code' || exchangesTokens(grantType);
    const [shared, own] = await Promise.all([
      this.tokensOf({ upstreamIds: idsOf((grantType) => grantType === 'client_credentials') }),
      this.tokensOf({ upstreamIds: idsOf(isOwn), userEmail: caller.id.toLowerCase() }),
    ]);
    return Object.fromEntries(
      gateways.map((gateway) => [gateway.id, new OAuthStatusView(gateway, shared[gateway.id] ?? own[gateway.id])]),
    );
  }

  private async tokensOf(request: RequestOf<typeof DescribeUpstreamTokens>) {
    return request.upstreamIds.length === 0 ? {} : (await this.bus.ask(DescribeUpstreamTokens, request)).head.tokens;
  }
}
