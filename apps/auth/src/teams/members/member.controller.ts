import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put, Query } from '@nestjs/common';
import {
  ApiCreatedResponse,
  ApiExtraModels,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiTags,
  getSchemaPath,
} from '@nestjs/swagger';
import type { Principal } from '#contracts/auth/principal';
import { Caller, Requires } from '#libs/identity';
import { ApiFailures } from '#libs/service';
import { AddMemberBody, ChangeMemberBody } from '../team.body.js';
import { MemberListQuery, afterOf } from '../team.query.js';
import { DoneView, doneView } from '../team.view.js';
import { MemberService } from './member.service.js';
import { MemberPageView, MemberView, memberPageView, memberView } from './member.view.js';

const EMAIL_PARAM = { name: 'email', type: String, example: 'ann@example.org' } as const;

/** Who is in a team, and as what. */
@ApiTags('teams')
@Controller('teams/:teamId')
export class MemberController {
  constructor(private readonly members: MemberService) {}

  @Get('members')
  @Requires('teams.read')
  @ApiOperation({ summary: 'List the members of a team that your token reaches, by e-mail' })
  @ApiExtraModels(MemberView, MemberPageView)
  @ApiOkResponse({
    description: 'An array, or with `include_pagination=true` a page.',
    schema: {
      oneOf: [{ type: 'array', items: { $ref: getSchemaPath(MemberView) } }, { $ref: getSchemaPath(MemberPageView) }],
    },
  })
  @ApiFailures('registry.unknown', 'http.invalid')
  async list(
    @Caller() caller: Principal,
    @Param('teamId') teamId: string,
    @Query() { cursor, limit, includePagination }: MemberListQuery,
  ): Promise<readonly MemberView[] | MemberPageView> {
    const one = limit === undefined ? null : limit + 1;
    const page = memberPageView(await this.members.list(caller, teamId, afterOf(cursor), one), limit);
    return includePagination === true ? page : page.members;
  }

  @Post('members')
  @Requires('teams.manage_members')
  @ApiOperation({ summary: 'Put a user into a team, as its owner' })
  @ApiCreatedResponse({ type: MemberView })
  @ApiFailures('registry.unknown', 'http.invalid', 'http.conflict')
  async add(
    @Caller() caller: Principal,
    @Param('teamId') teamId: string,
    @Body() { email, role = 'member' }: AddMemberBody,
  ): Promise<MemberView> {
    return memberView(await this.members.add(caller, teamId, email, role));
  }

  @Put('members/:email')
  @Requires('teams.manage_members')
  @ApiOperation({ summary: 'Make a member an owner, or an owner a member' })
  @ApiParam(EMAIL_PARAM)
  @ApiOkResponse({ type: MemberView })
  @ApiFailures('registry.unknown', 'http.invalid', 'http.conflict')
  async change(
    @Caller() caller: Principal,
    @Param('teamId') teamId: string,
    @Param('email') email: string,
    @Body() { role }: ChangeMemberBody,
  ): Promise<MemberView> {
    return memberView(await this.members.setRole(caller, teamId, email, role));
  }

  @Delete('members/:email')
  @HttpCode(200)
  @Requires('teams.manage_members')
  @ApiOperation({ summary: 'Take a user out of a team; every replica knows at once' })
  @ApiParam(EMAIL_PARAM)
  @ApiOkResponse({ type: DoneView })
  @ApiFailures('registry.unknown', 'http.conflict')
  async remove(
    @Caller() caller: Principal,
    @Param('teamId') teamId: string,
    @Param('email') email: string,
  ): Promise<DoneView> {
    await this.members.remove(caller, teamId, email);
    return doneView('Team member removed successfully');
  }

  @Delete('leave')
  @HttpCode(200)
  @Requires('teams.join')
  @ApiOperation({ summary: 'Leave a team' })
  @ApiOkResponse({ type: DoneView })
  @ApiFailures('registry.unknown', 'http.conflict')
  async leave(@Caller() caller: Principal, @Param('teamId') teamId: string): Promise<DoneView> {
    await this.members.leave(caller, teamId);
    return doneView('Successfully left team');
  }
}
