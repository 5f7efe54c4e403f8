import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put, Query, UseInterceptors } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Principal } from '#contracts/auth/principal';
import { Caller, Requires } from '#libs/identity';
import { DatabaseFailureInterceptor } from '../storage/database-failure.interceptor.js';
import { RegisterGatewayBody, UpdateGatewayBody } from './gateway.body.js';
import { GatewayService } from './gateway.service.js';
import { ListQuery, StateQuery } from '../rest/list.query.js';

@ApiTags('gateways')
@Controller('gateways')
@UseInterceptors(DatabaseFailureInterceptor)
export class GatewayController {
  constructor(private readonly gateways: GatewayService) {}

  @Post()
  @Requires('gateways.create')
  @ApiOperation({ summary: 'Register an upstream: connects, lists what it offers, answers what was found' })
  register(@Body() body: RegisterGatewayBody, @Caller() caller: Principal) {
    return this.gateways.register(body, caller);
  }

  @Get()
  @Requires('gateways.read')
  @ApiOperation({ summary: 'List gateways' })
  list(@Query() query: ListQuery, @Caller() caller: Principal) {
    return this.gateways.list(query, caller);
  }

  @Get(':id')
  @Requires('gateways.read')
  @ApiOperation({ summary: 'One gateway' })
  describe(@Param('id') id: string, @Caller() caller: Principal) {
    return this.gateways.describe(id, caller);
  }

  @Put(':id')
  @Requires('gateways.update')
  @ApiOperation({ summary: 'Change a gateway; what is left out stays. A new address or credential is tried first' })
  update(@Param('id') id: string, @Body() body: UpdateGatewayBody, @Caller() caller: Principal) {
    return this.gateways.update(id, body, caller);
  }

  @Delete(':id')
  @Requires('gateways.delete')
  @ApiOperation({ summary: 'Remove a gateway, all it offers and its credential' })
  async remove(@Param('id') id: string, @Caller() caller: Principal) {
    const { name } = await this.gateways.remove(id, caller);
    return { status: 'success', message: `Gateway ${name} deleted` };
  }

  @Post(':id/state')
  @HttpCode(200)
  @Requires('gateways.update')
  @ApiOperation({ summary: 'Enable or disable a gateway' })
  async setState(@Param('id') id: string, @Query() { activate = true }: StateQuery, @Caller() caller: Principal) {
    const gateway = await this.gateways.setEnabled(id, activate, caller);
    return { status: 'success', message: `Gateway ${gateway.name} ${activate ? 'activated' : 'deactivated'}`, gateway };
  }

  @Post(':id/toggle')
  @HttpCode(200)
  @Requires('gateways.update')
  @ApiOperation({ summary: 'As /state', deprecated: true })
  toggle(@Param('id') id: string, @Query() query: StateQuery, @Caller() caller: Principal) {
    return this.setState(id, query, caller);
  }

  @Post(':id/tools/refresh')
  @HttpCode(200)
  @Requires('gateways.update')
  @ApiOperation({ summary: 'List anew what the upstream offers; answers how many entries came, changed and went' })
  async refresh(@Param('id') id: string, @Caller() caller: Principal) {
    const startedAtMs = Date.now();
    const { tools, prompts, resources, refused } = await this.gateways.refresh(id, caller);
    return {
      gatewayId: id,
      success: true,
      ...countMembers('tools', tools),
      ...countMembers('prompts', prompts),
      ...countMembers('resources', resources),
      validationErrors: refused,
      durationMs: Date.now() - startedAtMs,
    };
  }
}

const countMembers = (list: string, counts: { added: number; updated: number; removed: number }) => ({
  [`${list}Added`]: counts.added,
  [`${list}Updated`]: counts.updated,
  [`${list}Removed`]: counts.removed,
});
