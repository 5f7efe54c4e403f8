import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put, Query, UseInterceptors } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Principal } from '#contracts/auth/principal';
import { Caller, Requires } from '#libs/identity';
import { DatabaseFailureInterceptor } from '../storage/database-failure.interceptor.js';
import { UpdateEntryBody } from './entry.body.js';
import { EntryService } from './entry.service.js';
import { ListQuery, StateQuery } from '../rest/list.query.js';

const KINDS = ['prompt'] as const;

@ApiTags('prompts')
@Controller('prompts')
@UseInterceptors(DatabaseFailureInterceptor)
export class PromptController {
  constructor(private readonly entries: EntryService) {}

  @Get()
  @Requires('prompts.read')
  @ApiOperation({ summary: 'List prompts' })
  list(@Query() query: ListQuery, @Caller() caller: Principal) {
    return this.entries.list('prompt', 'prompts', query, caller);
  }

  @Get(':id')
  @Requires('prompts.read')
  @ApiOperation({ summary: 'One prompt' })
  describe(@Param('id') id: string, @Caller() caller: Principal) {
    return this.entries.describe(KINDS, id, caller);
  }

  @Put(':id')
  @Requires('prompts.update')
  @ApiOperation({ summary: 'Change how a prompt is shown; what is left out stays' })
  update(@Param('id') id: string, @Body() body: UpdateEntryBody, @Caller() caller: Principal) {
    return this.entries.update(KINDS, id, body, caller);
  }

  @Delete(':id')
  @Requires('prompts.delete')
  @ApiOperation({ summary: 'Remove a prompt until the next refresh; disable it to keep it away' })
  async remove(@Param('id') id: string, @Caller() caller: Principal) {
    await this.entries.remove(KINDS, id, caller);
    return { status: 'success', message: `Prompt ${id} deleted` };
  }

  @Post(':id/state')
  @HttpCode(200)
  @Requires('prompts.update')
  @ApiOperation({ summary: 'Enable or disable a prompt' })
  async setState(@Param('id') id: string, @Query() { activate = true }: StateQuery, @Caller() caller: Principal) {
    const prompt = await this.entries.setEnabled(KINDS, id, activate, caller);
    return { status: 'success', message: `Prompt ${id} ${activate ? 'activated' : 'deactivated'}`, prompt };
  }

  @Post(':id/toggle')
  @HttpCode(200)
  @Requires('prompts.update')
  @ApiOperation({ summary: 'As /state', deprecated: true })
  toggle(@Param('id') id: string, @Query() query: StateQuery, @Caller() caller: Principal) {
    return this.setState(id, query, caller);
  }
}
