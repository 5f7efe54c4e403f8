import { Body, Controller, Delete, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Principal } from '#contracts/auth/principal';
import { Caller, Requires } from '#libs/identity';
import { ApiFailures } from '#libs/service';
import { RECORD_ID } from '../../rest/record-id.js';
import { MemberView, memberView } from '../members/member.view.js';
import { JoinTeamBody } from '../team.body.js';
import { DoneView, doneView } from '../team.view.js';
import { JoinRequestService } from './join-request.service.js';
import { JoinRequestView, joinRequestView } from './join-request.view.js';

/** A text that is no UUID is answered like the id of no request: 404. */

/** Asking to join a public team, and deciding it. */
@ApiTags('teams')
@Controller('teams/:teamId')
export class JoinRequestController {
  constructor(private readonly requests: JoinRequestService) {}

  @Post('join')
  @HttpCode(200)
  @Requires('teams.join')
  @ApiOperation({ summary: 'Ask to join a public team' })
  @ApiOkResponse({ type: JoinRequestView })
  @ApiFailures('registry.unknown', 'http.invalid', 'http.conflict')
  async create(
    @Caller() caller: Principal,
    @Param('teamId') teamId: string,
    @Body() { message = null }: JoinTeamBody,
  ): Promise<JoinRequestView> {
    return joinRequestView(await this.requests.create(caller, teamId, message));
  }

  @Get('join-requests')
  @Requires('teams.manage_members')
  @ApiOperation({ summary: 'List who wants to join a team that you own' })
  @ApiOkResponse({ type: [JoinRequestView] })
  @ApiFailures('registry.unknown')
  async list(@Caller() caller: Principal, @Param('teamId') teamId: string): Promise<readonly JoinRequestView[]> {
    return (await this.requests.list(caller, teamId)).map(joinRequestView);
  }

  @Post('join-requests/:requestId/approve')
  @HttpCode(200)
  @Requires('teams.manage_members')
  @ApiOperation({ summary: 'Let in who wants to join a team that you own' })
  @ApiOkResponse({ type: MemberView })
  @ApiFailures('registry.unknown', 'http.conflict')
  async approve(
    @Caller() caller: Principal,
    @Param('teamId') teamId: string,
    @Param('requestId', RECORD_ID) id: string,
  ): Promise<MemberView> {
    return memberView(await this.requests.approve(caller, teamId, id));
  }

  @Delete('join-requests/:requestId')
  @HttpCode(200)
  @Requires('teams.join')
  @ApiOperation({ summary: 'Refuse who wants to join a team that you own, or take your own request back' })
  @ApiOkResponse({ type: DoneView })
  @ApiFailures('registry.unknown')
  async remove(
    @Caller() caller: Principal,
    @Param('teamId') teamId: string,
    @Param('requestId', RECORD_ID) id: string,
  ): Promise<DoneView> {
    await this.requests.remove(caller, teamId, id);
    return doneView('Join request rejected successfully');
  }
}
