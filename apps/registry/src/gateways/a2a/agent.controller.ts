import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put, Query } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Principal } from '#contracts/auth/principal';
import type { FailureCode } from '#libs/errors';
import { Caller, Requires } from '#libs/identity';
import { ApiFailures } from '#libs/service';
import { ApiListOf, ApiStateOf, StatusView } from '../../rest/answers.js';
import { ListQuery, RemoveQuery, StateQuery } from '../../rest/list.query.js';
import { InvokeAgentBody, RegisterAgentBody, UpdateAgentBody } from './agent.body.js';
import { AgentService } from './agent.service.js';
import { AGENT_EXAMPLE, AgentView } from './agent.view.js';

/** What a route may answer that asks the agent. */
const ASKING: readonly FailureCode[] = [
  'http.invalid',
  'upstream.refused',
  'upstream.unreachable',
  'upstream.unauthorised',
  'upstream.invalid_answer',
  'upstream.timed_out',
];
const RESULT = { type: 'object', additionalProperties: true } as const;
const RESULT_EXAMPLE = { content: [{ type: 'text', text: 'A loaf' }], structuredContent: { state: 'completed' } };

@ApiTags('a2a')
@Controller('a2a')
export class AgentController {
  constructor(private readonly agents: AgentService) {}

  @Post()
  @Requires('gateways.create')
  @ApiOperation({ summary: 'Register an A2A agent: a gateway with one tool' })
  @ApiCreatedResponse({ type: AgentView, example: AGENT_EXAMPLE })
  @ApiFailures('registry.name_taken', ...ASKING)
  register(@Body() body: RegisterAgentBody, @Caller() caller: Principal) {
    return this.agents.register(body, caller);
  }

  @Get()
  @Requires('gateways.read')
  @ApiOperation({ summary: 'List A2A agents' })
  @ApiListOf('agents', AgentView, AGENT_EXAMPLE)
  @ApiFailures('http.invalid')
  list(@Query() query: ListQuery, @Caller() caller: Principal) {
    return this.agents.list(query, caller);
  }

  @Get(':id')
  @Requires('gateways.read')
  @ApiOperation({ summary: 'One A2A agent' })
  @ApiOkResponse({ type: AgentView, example: AGENT_EXAMPLE })
  @ApiFailures('registry.unknown')
  describe(@Param('id') id: string, @Caller() caller: Principal) {
    return this.agents.describe(id, caller);
  }

  @Put(':id')
  @Requires('gateways.update')
  @ApiOperation({ summary: 'Change an A2A agent; what is left out stays' })
  @ApiOkResponse({ type: AgentView, example: AGENT_EXAMPLE })
  @ApiFailures('registry.unknown', 'registry.name_taken', 'http.conflict', ...ASKING)
  update(@Param('id') id: string, @Body() body: UpdateAgentBody, @Caller() caller: Principal) {
    return this.agents.update(id, body, caller);
  }

  @Delete(':id')
  @Requires('gateways.delete')
  @ApiOperation({ summary: 'Remove an A2A agent, its tool and its credential' })
  @ApiOkResponse({ type: StatusView, example: new StatusView('Agent Bakery deleted') })
  @ApiFailures('registry.unknown', 'http.invalid')
  async remove(@Param('id') id: string, @Query() _query: RemoveQuery, @Caller() caller: Principal) {
    return new StatusView(`Agent ${await this.agents.remove(id, caller)} deleted`);
  }

  @Post(':id/state')
  @HttpCode(200)
  @Requires('gateways.update')
  @ApiOperation({ summary: 'Enable or disable an A2A agent' })
  @ApiStateOf('agent', AgentView, AGENT_EXAMPLE)
  @ApiFailures('registry.unknown', 'http.conflict', ...ASKING)
  async setState(@Param('id') id: string, @Query() { activate = true }: StateQuery, @Caller() caller: Principal) {
    const agent = await this.agents.setEnabled(id, activate, caller);
    return { status: 'success', message: `Agent ${agent.name} ${activate ? 'activated' : 'deactivated'}`, agent };
  }

  @Post(':id/toggle')
  @HttpCode(200)
  @Requires('gateways.update')
  @ApiOperation({ summary: 'As /state', deprecated: true })
  @ApiStateOf('agent', AgentView, AGENT_EXAMPLE)
  @ApiFailures('registry.unknown', 'http.conflict', ...ASKING)
  toggle(@Param('id') id: string, @Query() query: StateQuery, @Caller() caller: Principal) {
    return this.setState(id, query, caller);
  }

  @Post(':name/invoke')
  @HttpCode(200)
  @Requires('tools.execute')
  @ApiOperation({ summary: 'Tell an A2A agent something: the result of its tool' })
  @ApiOkResponse({ schema: RESULT, example: RESULT_EXAMPLE })
  @ApiFailures('registry.unknown', ...ASKING)
  invoke(@Param('name') name: string, @Body() { parameters = {} }: InvokeAgentBody, @Caller() caller: Principal) {
    return this.agents.invoke(name, parameters, caller);
  }
}
