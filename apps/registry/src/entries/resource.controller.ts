import { Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Principal } from '#contracts/auth/principal';
import { Caller, Requires } from '#libs/identity';
import { ApiFailures } from '#libs/service';
import { ApiListOf, ApiStateOf, StatusView } from '../rest/answers.js';
import { ListQuery, RemoveQuery, StateQuery } from '../rest/list.query.js';
import { RESOURCE_EXAMPLE, TEMPLATE_EXAMPLE } from './entry.examples.js';
import { EntryService } from './entry.service.js';
import { ResourceView, TemplateListView } from './entry.view.js';

const KINDS = ['resource', 'template'] as const;

@ApiTags('resources')
@Controller('resources')
export class ResourceController {
  constructor(private readonly entries: EntryService) {}

  @Get()
  @Requires('resources.read')
  @ApiOperation({ summary: 'List resources' })
  @ApiListOf('resources', ResourceView, RESOURCE_EXAMPLE)
  @ApiFailures('http.invalid')
  list(@Query() query: ListQuery, @Caller() caller: Principal) {
    return this.entries.list('resource', query, caller);
  }

  @Get('templates/list')
  @Requires('resources.read')
  @ApiOperation({ summary: 'List resource templates' })
  @ApiOkResponse({ type: TemplateListView, example: { resource_templates: [TEMPLATE_EXAMPLE], next_cursor: null } })
  @ApiFailures('http.invalid')
  listTemplates(@Query() query: ListQuery, @Caller() caller: Principal): Promise<TemplateListView> {
    return this.entries.listTemplates(query, caller);
  }

  @Get(':id/info')
  @Requires('resources.read')
  @ApiOperation({ summary: 'What is known of a resource' })
  @ApiOkResponse({ type: ResourceView, example: RESOURCE_EXAMPLE })
  @ApiFailures('registry.unknown')
  describe(@Param('id') id: string, @Caller() caller: Principal) {
    return this.entries.describe(KINDS, id, caller);
  }

  @Delete(':id')
  @Requires('resources.delete')
  @ApiOperation({
    summary: 'Remove a resource that is kept here, or another until the next refresh; disable it to keep it away',
  })
  @ApiOkResponse({ type: StatusView, example: new StatusView('Resource 6f1d2f0a4c7b4e0f9b5f0a3c2d1e4f5a deleted') })
  @ApiFailures('registry.unknown', 'http.invalid')
  async remove(@Param('id') id: string, @Query() _query: RemoveQuery, @Caller() caller: Principal) {
    await this.entries.remove(KINDS, id, caller);
    return new StatusView(`Resource ${id} deleted`);
  }

  @Post(':id/state')
  @HttpCode(200)
  @Requires('resources.update')
  @ApiOperation({ summary: 'Enable or disable a resource' })
  @ApiStateOf('resource', ResourceView, RESOURCE_EXAMPLE)
  @ApiFailures('registry.unknown', 'http.invalid')
  async setState(@Param('id') id: string, @Query() { activate = true }: StateQuery, @Caller() caller: Principal) {
    const resource = await this.entries.setEnabled(KINDS, id, activate, caller);
    return { status: 'success', message: `Resource ${id} ${activate ? 'activated' : 'deactivated'}`, resource };
  }

  @Post(':id/toggle')
  @HttpCode(200)
  @Requires('resources.update')
  @ApiOperation({ summary: 'As /state', deprecated: true })
  @ApiStateOf('resource', ResourceView, RESOURCE_EXAMPLE)
  @ApiFailures('registry.unknown', 'http.invalid')
  toggle(@Param('id') id: string, @Query() query: StateQuery, @Caller() caller: Principal) {
    return this.setState(id, query, caller);
  }
}
