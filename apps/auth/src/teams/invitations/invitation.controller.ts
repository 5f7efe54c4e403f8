import { Body, Controller, Delete, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Principal } from '#contracts/auth/principal';
import { Caller, Requires } from '#libs/identity';
import { ApiFailures } from '#libs/service';
import { RECORD_ID } from '../../rest/record-id.js';
import { MemberView, memberView } from '../members/member.view.js';
import { AddMemberBody } from '../team.body.js';
import { DoneView, doneView } from '../team.view.js';
import { InvitationService } from './invitation.service.js';
import { InvitationView, invitationView } from './invitation.view.js';

/** A text that is no UUID is answered like the id of no invitation: 404. */

/** Invitations to a team. */
@ApiTags('teams')
@Controller('teams')
export class InvitationController {
  constructor(private readonly invitations: InvitationService) {}

  @Post(':teamId/invitations')
  @Requires('teams.manage_members')
  @ApiOperation({ summary: 'Invite somebody, who need not be a user yet; a second one takes the place of the first' })
  @ApiCreatedResponse({ type: InvitationView })
  @ApiFailures('registry.unknown', 'http.invalid', 'http.conflict')
  async create(
    @Caller() caller: Principal,
    @Param('teamId') teamId: string,
    @Body() { email, role = 'member' }: AddMemberBody,
  ): Promise<InvitationView> {
    return invitationView(await this.invitations.create(caller, teamId, email, role));
  }

  @Get(':teamId/invitations')
  @Requires('teams.manage_members')
  @ApiOperation({ summary: 'List the invitations to a team that you own' })
  @ApiOkResponse({ type: [InvitationView] })
  @ApiFailures('registry.unknown')
  async list(@Caller() caller: Principal, @Param('teamId') teamId: string): Promise<readonly InvitationView[]> {
    return (await this.invitations.list(caller, teamId)).map(invitationView);
  }

  @Post('invitations/:token/accept')
  @HttpCode(200)
  @Requires('teams.join')
  @ApiOperation({ summary: 'Accept an invitation that is to you' })
  @ApiOkResponse({ type: MemberView })
  @ApiFailures('registry.unknown', 'http.conflict')
  async accept(@Caller() caller: Principal, @Param('token') token: string): Promise<MemberView> {
    return memberView(await this.invitations.accept(caller, token));
  }

  @Delete('invitations/:invitationId')
  @HttpCode(200)
  @Requires('teams.manage_members')
  @ApiOperation({ summary: 'Take an invitation back' })
  @ApiOkResponse({ type: DoneView })
  @ApiFailures('registry.unknown')
  async cancel(@Caller() caller: Principal, @Param('invitationId', RECORD_ID) id: string): Promise<DoneView> {
    await this.invitations.cancel(caller, id);
    return doneView('Team invitation cancelled successfully');
  }
}
