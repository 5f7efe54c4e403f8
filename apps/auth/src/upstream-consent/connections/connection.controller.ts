import { Controller, Delete, Get, Param } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Principal } from '#contracts/auth/principal';
import { ShowGateways } from '#contracts/registry/show-gateways.request';
import { type Bus, InjectBus } from '#libs/bus';
import { fail } from '#libs/errors';
import { Authenticated, Caller } from '#libs/identity';
import { ApiFailures } from '#libs/service';
import { DoneView } from '../../rest/done.view.js';
import { UpstreamTokenRepository } from '../../upstream-credentials/oauth/upstream-token.repository.js';
import { UpstreamTokenService } from '../../upstream-credentials/oauth/upstream-token.service.js';
import { KeptConsents } from '../kept-consents.service.js';
import { CONNECTION_EXAMPLE, ConnectionView } from './connection.view.js';

/** "My connections": the upstreams at which a caller has consented to be called for. */
@ApiTags('oauth')
@Controller('oauth/connections')
export class ConnectionController {
  constructor(
    private readonly consents: KeptConsents,
    private readonly rows: UpstreamTokenRepository,
    private readonly tokens: UpstreamTokenService,
    @InjectBus() private readonly bus: Bus,
  ) {}

  @Get()
  @Authenticated()
  @ApiOperation({ summary: 'Your own consents at upstreams, and how they stand' })
  @ApiOkResponse({ type: [ConnectionView], example: [CONNECTION_EXAMPLE] })
  @ApiFailures()
  async list(@Caller() caller: Principal): Promise<readonly ConnectionView[]> {
    const email = caller.id.toLowerCase();
    const consents = await this.rows.consents(email);
    if (consents.length === 0) return [];
    const ids = consents.map(({ upstreamId }) => upstreamId);
    const [states, { head }] = await Promise.all([
      this.tokens.states(ids, email),
      this.bus.ask(ShowGateways, { gatewayIds: ids, principal: caller }),
    ]);
    const gateways = new Map(head.gateways.map((gateway) => [gateway.id, gateway]));
    return consents.map(
      (consent) => new ConnectionView(consent, states[consent.upstreamId], gateways.get(consent.upstreamId)),
    );
  }

  @Delete(':gatewayId')
  @Authenticated()
  @ApiOperation({
    summary: 'End your consent at an upstream; its tokens are forgotten, and revoked where that can be told',
  })
  @ApiOkResponse({ type: DoneView })
  @ApiFailures('registry.unknown')
  async end(@Param('gatewayId') gatewayId: string, @Caller() caller: Principal): Promise<DoneView> {
    if (!(await this.consents.end(gatewayId, caller.id))) throw fail('registry.unknown');
    return { success: true, message: 'The consent has ended' };
  }
}
