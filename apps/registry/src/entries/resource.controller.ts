import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put, Query, UseInterceptors } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Principal } from '#contracts/auth/principal';
import { Caller, Requires } from '#libs/identity';
import { DatabaseFailureInterceptor } from '../storage/database-failure.interceptor.js';
import { UpdateResourceBody } from './entry.body.js';
import { EntryService } from './entry.service.js';
import { ListQuery, StateQuery } from '../rest/list.query.js';

const KINDS = ['resource', 'template'] as const;

@ApiTags('resources')
@Controller('resources')
@UseInterceptors(DatabaseFailureInterceptor)
export class ResourceController {
  constructor(private readonly entries: EntryService) {}

  @Get()
  @Requires('resources.read')
  @ApiOperation({ summary: 'List resources' })
  list(@Query() query: ListQuery, @Caller() caller: Principal) {
    return this.entries.list('resource', 'resources', query, caller);
  }

  @Get('templates/list')
  @Requires('resources.read')
  @ApiOperation({ summary: 'List resource templates' })
  listTemplates(@Query() query: ListQuery, @Caller() caller: Principal) {
    return this.entries.list('template', 'resourceTemplates', query, caller);
  }

  @Get(':id')
  @Requires('resources.read')
  @ApiOperation({ summary: 'One resource' })
  describe(@Param('id') id: string, @Caller() caller: Principal) {
    return this.entries.describe(KINDS, id, caller);
  }

  @Put(':id')
  @Requires('resources.update')
  @ApiOperation({ summary: 'Change how a resource is shown; what is left out stays' })
  update(@Param('id') id: string, @Body() body: UpdateResourceBody, @Caller() caller: Principal) {
    return this.entries.update(KINDS, id, body, caller);
  }

  @Delete(':id')
  @Requires('resources.delete')
  @ApiOperation({ summary: 'Remove a resource until the next refresh; disable it to keep it away' })
  async remove(@Param('id') id: string, @Caller() caller: Principal) {
    await this.entries.remove(KINDS, id, caller);
    return { status: 'success', message: `Resource ${id} deleted` };
  }

  @Post(':id/state')
  @HttpCode(200)
  @Requires('resources.update')
  @ApiOperation({ summary: 'Enable or disable a resource' })
  async setState(@Param('id') id: string, @Query() { activate = true }: StateQuery, @Caller() caller: Principal) {
    const resource = await this.entries.setEnabled(KINDS, id, activate, caller);
    return { status: 'success', message: `Resource ${id} ${activate ? 'activated' : 'deactivated'}`, resource };
  }

  @Post(':id/toggle')
  @HttpCode(200)
  @Requires('resources.update')
  @ApiOperation({ summary: 'As /state', deprecated: true })
  toggle(@Param('id') id: string, @Query() query: StateQuery, @Caller() caller: Principal) {
    return this.setState(id, query, caller);
  }
}
