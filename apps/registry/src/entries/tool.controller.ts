import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put, Query, UseInterceptors } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Principal } from '#contracts/auth/principal';
import { Caller, Requires } from '#libs/identity';
import { DatabaseFailureInterceptor } from '../storage/database-failure.interceptor.js';
import { UpdateToolBody } from './entry.body.js';
import { EntryService } from './entry.service.js';
import { ListQuery, StateQuery } from '../rest/list.query.js';

const KINDS = ['tool'] as const;

@ApiTags('tools')
@Controller('tools')
@UseInterceptors(DatabaseFailureInterceptor)
export class ToolController {
  constructor(private readonly entries: EntryService) {}

  @Get()
  @Requires('tools.read')
  @ApiOperation({ summary: 'List tools' })
  list(@Query() query: ListQuery, @Caller() caller: Principal) {
    return this.entries.list('tool', 'tools', query, caller);
  }

  @Get(':id')
  @Requires('tools.read')
  @ApiOperation({ summary: 'One tool' })
  describe(@Param('id') id: string, @Caller() caller: Principal) {
    return this.entries.describe(KINDS, id, caller);
  }

  @Put(':id')
  @Requires('tools.update')
  @ApiOperation({ summary: 'Change how a tool is shown; what is left out stays' })
  update(@Param('id') id: string, @Body() body: UpdateToolBody, @Caller() caller: Principal) {
    return this.entries.update(KINDS, id, body, caller);
  }

  @Delete(':id')
  @Requires('tools.delete')
  @ApiOperation({ summary: 'Remove a tool until the next refresh; disable it to keep it away' })
  async remove(@Param('id') id: string, @Caller() caller: Principal) {
    await this.entries.remove(KINDS, id, caller);
    return { status: 'success', message: `Tool ${id} deleted` };
  }

  @Post(':id/state')
  @HttpCode(200)
  @Requires('tools.update')
  @ApiOperation({ summary: 'Enable or disable a tool' })
  async setState(@Param('id') id: string, @Query() { activate = true }: StateQuery, @Caller() caller: Principal) {
    const tool = await this.entries.setEnabled(KINDS, id, activate, caller);
    return { status: 'success', message: `Tool ${id} ${activate ? 'activated' : 'deactivated'}`, tool };
  }

  @Post(':id/toggle')
  @HttpCode(200)
  @Requires('tools.update')
  @ApiOperation({ summary: 'As /state', deprecated: true })
  toggle(@Param('id') id: string, @Query() query: StateQuery, @Caller() caller: Principal) {
    return this.setState(id, query, caller);
  }
}
