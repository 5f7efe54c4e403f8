import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put, Query } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Principal } from '#contracts/auth/principal';
import type { FailureCode } from '#libs/errors';
import { Caller, Requires } from '#libs/identity';
import { ApiFailures } from '#libs/service';
import { ApiListOf, ApiStateOf, StatusView } from '../rest/answers.js';
import { ListQuery, RemoveQuery, StateQuery } from '../rest/list.query.js';
import { RegisterGatewayBody, UpdateGatewayBody } from './gateway.body.js';
import { GATEWAY_EXAMPLE } from './gateway.example.js';
import { GatewayListService } from './gateway-list.service.js';
import { GatewayService } from './gateway.service.js';
import { GatewayView } from './gateway.view.js';

/** What a route may answer that connects to the upstream. */
const CONNECTING: readonly FailureCode[] = [
  'http.invalid',
  'registry.name_taken',
  'upstream.refused',
  'upstream.unreachable',
  'upstream.unauthorised',
  'upstream.not_mcp',
  'upstream.invalid_answer',
  'upstream.timed_out',
  'bus.no_responders',
];

/** Enabling one that has never been reached connects to it. */
const RETRYING = CONNECTING.filter((code) => code !== 'registry.name_taken');

@ApiTags('gateways')
@Controller('gateways')
export class GatewayController {
  constructor(
    private readonly gateways: GatewayService,
    private readonly lists: GatewayListService,
  ) {}

  @Post()
  @Requires('gateways.create')
  @ApiOperation({ summary: 'Register an upstream: connects, lists what it offers, answers what was found' })
  @ApiCreatedResponse({ type: GatewayView, example: GATEWAY_EXAMPLE })
  @ApiFailures(...CONNECTING)
  register(@Body() body: RegisterGatewayBody, @Caller() caller: Principal) {
    return this.gateways.register(body, caller);
  }

  @Get()
  @Requires('gateways.read')
  @ApiOperation({ summary: 'List gateways' })
  @ApiListOf('gateways', GatewayView, GATEWAY_EXAMPLE)
  @ApiFailures('http.invalid')
  list(@Query() query: ListQuery, @Caller() caller: Principal) {
    return this.lists.list(query, caller);
  }

  @Get(':id')
  @Requires('gateways.read')
  @ApiOperation({ summary: 'One gateway' })
  @ApiOkResponse({ type: GatewayView, example: GATEWAY_EXAMPLE })
  @ApiFailures('registry.unknown')
  describe(@Param('id') id: string, @Caller() caller: Principal) {
    return this.gateways.describe(id, caller);
  }

  @Put(':id')
  @Requires('gateways.update')
  @ApiOperation({ summary: 'Change a gateway; what is left out stays. A new address or credential is tried first' })
  @ApiOkResponse({ type: GatewayView, example: GATEWAY_EXAMPLE })
  @ApiFailures('registry.unknown', 'http.conflict', ...CONNECTING)
  update(@Param('id') id: string, @Body() body: UpdateGatewayBody, @Caller() caller: Principal) {
    return this.gateways.update(id, body, caller);
  }

  @Delete(':id')
  @Requires('gateways.delete')
  @ApiOperation({ summary: 'Remove a gateway, all it offers and its credential' })
  @ApiOkResponse({ type: StatusView, example: new StatusView('Gateway Weather deleted') })
  @ApiFailures('registry.unknown', 'http.invalid')
  async remove(@Param('id') id: string, @Query() _query: RemoveQuery, @Caller() caller: Principal) {
    const { name } = await this.gateways.remove(id, caller);
    return new StatusView(`Gateway ${name} deleted`);
  }

  @Post(':id/state')
  @HttpCode(200)
  @Requires('gateways.update')
  @ApiOperation({ summary: 'Enable or disable a gateway' })
  @ApiStateOf('gateway', GatewayView, GATEWAY_EXAMPLE)
  @ApiFailures('registry.unknown', 'http.conflict', ...RETRYING)
  async setState(@Param('id') id: string, @Query() { activate = true }: StateQuery, @Caller() caller: Principal) {
    const gateway = await this.gateways.setEnabled(id, activate, caller);
    return { status: 'success', message: `Gateway ${gateway.name} ${activate ? 'activated' : 'deactivated'}`, gateway };
  }

  @Post(':id/toggle')
  @HttpCode(200)
  @Requires('gateways.update')
  @ApiOperation({ summary: 'As /state', deprecated: true })
  @ApiStateOf('gateway', GatewayView, GATEWAY_EXAMPLE)
  @ApiFailures('registry.unknown', 'http.conflict', ...RETRYING)
  toggle(@Param('id') id: string, @Query() query: StateQuery, @Caller() caller: Principal) {
    return this.setState(id, query, caller);
  }
}
