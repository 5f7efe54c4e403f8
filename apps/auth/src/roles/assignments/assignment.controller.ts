import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import type { Principal } from '#contracts/auth/principal';
import { Authenticated, Caller, Requires } from '#libs/identity';
import { ApiFailures } from '#libs/service';
import { RevokeRoleQuery, RoleListQuery } from '../role.query.js';
import { MessageView } from '../role.view.js';
import { AssignRoleBody } from './assignment.body.js';
import { AssignmentService } from './assignment.service.js';
import { AssignmentView, assignmentView } from './assignment.view.js';

const EMAIL_PARAM = { name: 'email', type: String, example: 'ann@example.org' } as const;

/** Who has which role. */
@ApiTags('rbac')
@Controller('rbac')
export class AssignmentController {
  constructor(private readonly assignments: AssignmentService) {}

  @Post('users/:email/roles')
  @HttpCode(200)
  @Requires('teams.manage_members')
  @ApiOperation({ summary: 'Give a user a role: any as an administrator, one in your team of what you may do there' })
  @ApiParam(EMAIL_PARAM)
  @ApiOkResponse({ type: AssignmentView })
  @ApiFailures('registry.unknown', 'http.invalid', 'http.conflict')
  async assign(
    @Caller() caller: Principal,
    @Param('email') email: string,
    @Body() body: AssignRoleBody,
  ): Promise<AssignmentView> {
    return assignmentView(await this.assignments.assign(caller, email, body));
  }

  @Get('users/:email/roles')
  @Requires('admin.user_management')
  @ApiOperation({ summary: 'List the roles of a user, besides the one that every user has' })
  @ApiParam(EMAIL_PARAM)
  @ApiOkResponse({ type: [AssignmentView] })
  @ApiFailures('registry.unknown', 'http.invalid')
  async list(
    @Param('email') email: string,
    @Query() { scope, activeOnly = true }: RoleListQuery,
  ): Promise<readonly AssignmentView[]> {
    return (await this.assignments.list(email, scope ?? null, !activeOnly)).map(assignmentView);
  }

  @Delete('users/:email/roles/:roleId')
  @HttpCode(200)
  @Requires('teams.manage_members')
  @ApiOperation({ summary: 'Take a role from a user; every replica knows at once' })
  @ApiParam(EMAIL_PARAM)
  @ApiOkResponse({ type: MessageView })
  @ApiFailures('registry.unknown', 'http.invalid')
  async revoke(
    @Caller() caller: Principal,
    @Param('email') email: string,
    @Param('roleId') roleId: string,
    @Query() { scope, scopeId: teamId }: RevokeRoleQuery,
  ): Promise<MessageView> {
    await this.assignments.revoke(caller, { email, roleId, scope, teamId });
    return { message: 'Role revoked successfully' };
  }

  @Get('my/roles')
  @Authenticated()
  @ApiOperation({ summary: 'Your own roles, besides the one that every user has' })
  @ApiOkResponse({ type: [AssignmentView] })
  @ApiFailures()
  async listOwn(@Caller() caller: Principal): Promise<readonly AssignmentView[]> {
    return (await this.assignments.listOwn(caller)).map(assignmentView);
  }
}
