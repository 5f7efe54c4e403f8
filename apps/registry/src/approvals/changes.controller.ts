import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Principal } from '#contracts/auth/principal';
import { Caller, Requires } from '#libs/identity';
import { ApiFailures } from '#libs/service';
import { ToolChangeRepository } from '../entries/ledger/tool-change.repository.js';
import { readCursor, writeCursor } from '../rest/list.query.js';
import { ApprovalService } from './approval.service.js';
import {
  CHANGE_DETAIL_EXAMPLE,
  CHANGE_EXAMPLE,
  DECIDED_EXAMPLE,
  ToolChangeDetailView,
  ToolChangeView,
  ToolChangesView,
} from './change.view.js';
import { ChangesQuery, DecisionBody } from './changes.query.js';

@ApiTags('changes')
@Controller('changes')
export class ChangesController {
  constructor(
    private readonly approvals: ApprovalService,
    private readonly ledger: ToolChangeRepository,
  ) {}

  @Get()
  @Requires('tools.read')
  @ApiOperation({ summary: 'What upstreams have changed of their tools, the newest first' })
  @ApiOkResponse({ type: ToolChangesView, example: { changes: [CHANGE_EXAMPLE], pending: 1, nextCursor: null } })
  @ApiFailures('http.invalid')
  async list(@Query() query: ChangesQuery, @Caller() caller: Principal): Promise<ToolChangesView> {
    const { cursor, limit, gatewayId = null, tool = null, state = null, class: classes = null } = query;
    const page = { before: cursor === undefined ? null : readCursor(cursor), limit };
    const [found, pending] = await Promise.all([
      this.ledger.list(caller, { gatewayId, tool, states: state, classes }, page),
      this.ledger.countPending(caller),
    ]);
    const shown = found.slice(0, limit);
    const last = found.length > limit ? shown.at(-1) : undefined;
    return {
      changes: shown.map((change) => new ToolChangeView(change)),
      pending,
      nextCursor: last === undefined ? null : writeCursor(last.ordinal),
    };
  }

  @Get(':id')
  @Requires('tools.read')
  @ApiOperation({ summary: 'One change, with both versions and the difference between them' })
  @ApiOkResponse({ type: ToolChangeDetailView, example: CHANGE_DETAIL_EXAMPLE })
  @ApiFailures('registry.unknown')
  async describe(@Param('id') id: string, @Caller() caller: Principal): Promise<ToolChangeDetailView> {
    return new ToolChangeDetailView(await this.approvals.find(id, caller));
  }

  @Post(':id/approve')
  @HttpCode(200)
  @Requires('changes.approve')
  @ApiOperation({ summary: 'Serve the tool as its upstream offers it' })
  @ApiOkResponse({ type: ToolChangeView, example: { ...DECIDED_EXAMPLE, state: 'approved' } })
  @ApiFailures('registry.unknown', 'http.invalid', 'http.conflict', 'registry.name_taken')
  async approve(@Param('id') id: string, @Body() { note = null }: DecisionBody, @Caller() caller: Principal) {
    return new ToolChangeView(await this.approvals.decide(id, 'approve', note, caller));
  }

  @Post(':id/keep')
  @HttpCode(200)
  @Requires('changes.approve')
  @ApiOperation({ summary: 'Go on with the tool as it was' })
  @ApiOkResponse({ type: ToolChangeView, example: { ...DECIDED_EXAMPLE, state: 'kept' } })
  @ApiFailures('registry.unknown', 'http.invalid', 'http.conflict')
  async keep(@Param('id') id: string, @Body() { note = null }: DecisionBody, @Caller() caller: Principal) {
    return new ToolChangeView(await this.approvals.decide(id, 'keep', note, caller));
  }

  @Post(':id/block')
  @HttpCode(200)
  @Requires('changes.approve')
  @ApiOperation({ summary: 'Switch the tool off until somebody approves the change or keeps the old version' })
  @ApiOkResponse({ type: ToolChangeView, example: { ...DECIDED_EXAMPLE, state: 'blocked' } })
  @ApiFailures('registry.unknown', 'http.invalid', 'http.conflict')
  async block(@Param('id') id: string, @Body() { note = null }: DecisionBody, @Caller() caller: Principal) {
    return new ToolChangeView(await this.approvals.decide(id, 'block', note, caller));
  }
}
