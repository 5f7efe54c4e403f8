import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Principal } from '#contracts/auth/principal';
import { Caller, Requires } from '#libs/identity';
import { ApiFailures } from '#libs/service';
import { ApiListOf, ApiStateOf, StatusView } from '../rest/answers.js';
import { ListQuery, RemoveQuery, StateQuery } from '../rest/list.query.js';
import { UpdateToolBody } from './entry.body.js';
import { TOOL_EXAMPLE } from './entry.examples.js';
import { EntryService } from './entry.service.js';
import { ToolView } from './entry.view.js';

const KINDS = ['tool'] as const;

@ApiTags('tools')
@Controller('tools')
export class ToolController {
  constructor(private readonly entries: EntryService) {}

  @Get()
  @Requires('tools.read')
  @ApiOperation({ summary: 'List tools' })
  @ApiListOf('tools', ToolView, TOOL_EXAMPLE)
  @ApiFailures('http.invalid')
  list(@Query() query: ListQuery, @Caller() caller: Principal) {
    return this.entries.list('tool', query, caller);
  }

  @Get(':id')
  @Requires('tools.read')
  @ApiOperation({ summary: 'One tool' })
  @ApiOkResponse({ type: ToolView, example: TOOL_EXAMPLE })
  @ApiFailures('registry.unknown')
  describe(@Param('id') id: string, @Caller() caller: Principal) {
    return this.entries.describe(KINDS, id, caller);
  }

  @Put(':id')
  @Requires('tools.update')
  @ApiOperation({ summary: 'Change how a tool is shown; what is left out stays' })
  @ApiOkResponse({ type: ToolView, example: TOOL_EXAMPLE })
  @ApiFailures('registry.unknown', 'http.invalid', 'registry.name_taken')
  update(@Param('id') id: string, @Body() body: UpdateToolBody, @Caller() caller: Principal) {
    return this.entries.update(KINDS, id, body, caller);
  }

  @Delete(':id')
  @Requires('tools.delete')
  @ApiOperation({ summary: 'Remove a tool until the next refresh; disable it to keep it away' })
  @ApiOkResponse({ type: StatusView, example: new StatusView('Tool 6f1d2f0a4c7b4e0f9b5f0a3c2d1e4f5a deleted') })
  @ApiFailures('registry.unknown', 'http.invalid')
  async remove(@Param('id') id: string, @Query() _query: RemoveQuery, @Caller() caller: Principal) {
    await this.entries.remove(KINDS, id, caller);
    return new StatusView(`Tool ${id} deleted`);
  }

  @Post(':id/state')
  @HttpCode(200)
  @Requires('tools.update')
  @ApiOperation({ summary: 'Enable or disable a tool' })
  @ApiStateOf('tool', ToolView, TOOL_EXAMPLE)
  @ApiFailures('registry.unknown', 'http.invalid', 'http.conflict')
  async setState(@Param('id') id: string, @Query() { activate = true }: StateQuery, @Caller() caller: Principal) {
    const tool = await this.entries.setEnabled(KINDS, id, activate, caller);
    return { status: 'success', message: `Tool ${id} ${activate ? 'activated' : 'deactivated'}`, tool };
  }

  @Post(':id/toggle')
  @HttpCode(200)
  @Requires('tools.update')
  @ApiOperation({ summary: 'As /state', deprecated: true })
  @ApiStateOf('tool', ToolView, TOOL_EXAMPLE)
  @ApiFailures('registry.unknown', 'http.invalid', 'http.conflict')
  toggle(@Param('id') id: string, @Query() query: StateQuery, @Caller() caller: Principal) {
    return this.setState(id, query, caller);
  }
}
