import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put, Query } from '@nestjs/common';
import { ApiCreatedResponse, ApiExtraModels, ApiOkResponse, ApiOperation, ApiTags, refs } from '@nestjs/swagger';
import type { Principal } from '#contracts/auth/principal';
import { Caller, Requires } from '#libs/identity';
import { ApiFailures } from '#libs/service';
import { PROMPT_EXAMPLE, RESOURCE_EXAMPLE, TEMPLATE_EXAMPLE, TOOL_EXAMPLE } from '../entries/entry.examples.js';
import { PromptView, ResourceTemplateView, ResourceView, ToolView } from '../entries/entry.view.js';
import { ApiListOf, StatusView } from '../rest/answers.js';
import { ListQuery, RemoveQuery, StateQuery } from '../rest/list.query.js';
import { CreateServerBody, UpdateServerBody } from './server.body.js';
import { ServerService } from './server.service.js';
import { SERVER_EXAMPLE, ServerView } from './server.view.js';

@ApiTags('servers')
@Controller('servers')
export class ServerController {
  constructor(private readonly servers: ServerService) {}

  @Post()
  @Requires('servers.create')
  @ApiOperation({ summary: 'Make a virtual server of some tools, resources and prompts' })
  @ApiCreatedResponse({ type: ServerView, example: SERVER_EXAMPLE })
  @ApiFailures('registry.unknown', 'registry.name_taken', 'http.invalid')
  create(@Body() body: CreateServerBody, @Caller() caller: Principal) {
    return this.servers.create(body, caller);
  }

  @Get()
  @Requires('servers.read')
  @ApiOperation({ summary: 'List virtual servers' })
  @ApiListOf('servers', ServerView, SERVER_EXAMPLE)
  @ApiFailures('http.invalid')
  list(@Query() query: ListQuery, @Caller() caller: Principal) {
    return this.servers.list(query, caller);
  }

  @Get(':id')
  @Requires('servers.read')
  @ApiOperation({ summary: 'One virtual server' })
  @ApiOkResponse({ type: ServerView, example: SERVER_EXAMPLE })
  @ApiFailures('registry.unknown')
  describe(@Param('id') id: string, @Caller() caller: Principal) {
    return this.servers.describe(id, caller);
  }

  @Put(':id')
  @Requires('servers.update')
  @ApiOperation({ summary: 'Change a virtual server; what is left out stays' })
  @ApiOkResponse({ type: ServerView, example: SERVER_EXAMPLE })
  @ApiFailures('registry.unknown', 'registry.name_taken', 'http.invalid')
  update(@Param('id') id: string, @Body() body: UpdateServerBody, @Caller() caller: Principal) {
    return this.servers.update(id, body, caller);
  }

  @Delete(':id')
  @Requires('servers.delete')
  @ApiOperation({ summary: 'Remove a virtual server; what it showed stays registered' })
  @ApiOkResponse({ type: StatusView, example: new StatusView('Server Travel deleted') })
  @ApiFailures('registry.unknown', 'http.invalid')
  async remove(@Param('id') id: string, @Query() _query: RemoveQuery, @Caller() caller: Principal) {
    return new StatusView(`Server ${await this.servers.remove(id, caller)} deleted`);
  }

  @Post(':id/state')
  @HttpCode(200)
  @Requires('servers.update')
  @ApiOperation({ summary: 'Enable or disable a virtual server' })
  @ApiOkResponse({ type: ServerView, example: SERVER_EXAMPLE })
  @ApiFailures('registry.unknown', 'http.invalid')
  setState(@Param('id') id: string, @Query() { activate = true }: StateQuery, @Caller() caller: Principal) {
    return this.servers.setEnabled(id, activate, caller);
  }

  @Post(':id/toggle')
  @HttpCode(200)
  @Requires('servers.update')
  @ApiOperation({ summary: 'As /state', deprecated: true })
  @ApiOkResponse({ type: ServerView, example: SERVER_EXAMPLE })
  @ApiFailures('registry.unknown', 'http.invalid')
  toggle(@Param('id') id: string, @Query() query: StateQuery, @Caller() caller: Principal) {
    return this.setState(id, query, caller);
  }

  @Get(':id/tools')
  @Requires('servers.read')
  @ApiOperation({ summary: 'The tools a virtual server shows' })
  @ApiOkResponse({ type: [ToolView], example: [TOOL_EXAMPLE] })
  @ApiFailures('registry.unknown', 'http.invalid')
  tools(@Param('id') id: string, @Query() query: ListQuery, @Caller() caller: Principal) {
    return this.servers.entriesOf(id, ['tool'], query, caller);
  }

  @Get(':id/resources')
  @Requires('servers.read')
  @ApiOperation({ summary: 'The resources and resource templates a virtual server shows' })
  @ApiExtraModels(ResourceView, ResourceTemplateView)
  @ApiOkResponse({
    schema: { type: 'array', items: { oneOf: refs(ResourceView, ResourceTemplateView) } },
    example: [RESOURCE_EXAMPLE, TEMPLATE_EXAMPLE],
  })
  @ApiFailures('registry.unknown', 'http.invalid')
  resources(@Param('id') id: string, @Query() query: ListQuery, @Caller() caller: Principal) {
    return this.servers.entriesOf(id, ['resource', 'template'], query, caller);
  }

  @Get(':id/prompts')
  @Requires('servers.read')
  @ApiOperation({ summary: 'The prompts a virtual server shows' })
  @ApiOkResponse({ type: [PromptView], example: [PROMPT_EXAMPLE] })
  @ApiFailures('registry.unknown', 'http.invalid')
  prompts(@Param('id') id: string, @Query() query: ListQuery, @Caller() caller: Principal) {
    return this.servers.entriesOf(id, ['prompt'], query, caller);
  }
}
