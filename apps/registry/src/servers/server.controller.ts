import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put, Query, UseInterceptors } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Principal } from '#contracts/auth/principal';
import { Caller, Requires } from '#libs/identity';
import { DatabaseFailureInterceptor } from '../storage/database-failure.interceptor.js';
import { ListQuery, StateQuery } from '../rest/list.query.js';
import { CreateServerBody, UpdateServerBody } from './server.body.js';
import { ServerService } from './server.service.js';

@ApiTags('servers')
@Controller('servers')
@UseInterceptors(DatabaseFailureInterceptor)
export class ServerController {
  constructor(private readonly servers: ServerService) {}

  @Post()
  @Requires('servers.create')
  @ApiOperation({ summary: 'Make a virtual server of some tools, resources and prompts' })
  create(@Body() body: CreateServerBody, @Caller() caller: Principal) {
    return this.servers.create(body, caller);
  }

  @Get()
  @Requires('servers.read')
  @ApiOperation({ summary: 'List virtual servers' })
  list(@Query() query: ListQuery, @Caller() caller: Principal) {
    return this.servers.list(query, caller);
  }

  @Get(':id')
  @Requires('servers.read')
  @ApiOperation({ summary: 'One virtual server' })
  describe(@Param('id') id: string, @Caller() caller: Principal) {
    return this.servers.describe(id, caller);
  }

  @Put(':id')
  @Requires('servers.update')
  @ApiOperation({ summary: 'Change a virtual server; what is left out stays' })
  update(@Param('id') id: string, @Body() body: UpdateServerBody, @Caller() caller: Principal) {
    return this.servers.update(id, body, caller);
  }

  @Delete(':id')
  @Requires('servers.delete')
  @ApiOperation({ summary: 'Remove a virtual server; what it showed stays registered' })
  async remove(@Param('id') id: string, @Caller() caller: Principal) {
    return { status: 'success', message: `Server ${await this.servers.remove(id, caller)} deleted` };
  }

  @Post(':id/state')
  @HttpCode(200)
  @Requires('servers.update')
  @ApiOperation({ summary: 'Enable or disable a virtual server' })
  setState(@Param('id') id: string, @Query() { activate = true }: StateQuery, @Caller() caller: Principal) {
    return this.servers.setEnabled(id, activate, caller);
  }

  @Post(':id/toggle')
  @HttpCode(200)
  @Requires('servers.update')
  @ApiOperation({ summary: 'As /state', deprecated: true })
  toggle(@Param('id') id: string, @Query() query: StateQuery, @Caller() caller: Principal) {
    return this.setState(id, query, caller);
  }

  @Get(':id/tools')
  @Requires('servers.read')
  @ApiOperation({ summary: 'The tools a virtual server shows' })
  tools(@Param('id') id: string, @Query() query: ListQuery, @Caller() caller: Principal) {
    return this.servers.entriesOf(id, ['tool'], query, caller);
  }

  @Get(':id/resources')
  @Requires('servers.read')
  @ApiOperation({ summary: 'The resources and resource templates a virtual server shows' })
  resources(@Param('id') id: string, @Query() query: ListQuery, @Caller() caller: Principal) {
    return this.servers.entriesOf(id, ['resource', 'template'], query, caller);
  }

  @Get(':id/prompts')
  @Requires('servers.read')
  @ApiOperation({ summary: 'The prompts a virtual server shows' })
  prompts(@Param('id') id: string, @Query() query: ListQuery, @Caller() caller: Principal) {
    return this.servers.entriesOf(id, ['prompt'], query, caller);
  }
}
