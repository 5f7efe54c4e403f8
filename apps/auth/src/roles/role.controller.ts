import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Principal } from '#contracts/auth/principal';
import { Caller, Requires } from '#libs/identity';
import { ApiFailures } from '#libs/service';
import { ChangeRoleBody, CreateRoleBody } from './role.body.js';
import { RoleListQuery } from './role.query.js';
import { RoleService } from './role.service.js';
import { MessageView, RoleView, roleView } from './role.view.js';

/** Roles, for administrators. */
@ApiTags('rbac')
@Requires('admin.user_management')
@Controller('rbac/roles')
export class RoleController {
  constructor(private readonly roles: RoleService) {}

  @Post()
  @HttpCode(200)
  @ApiOperation({ summary: 'Create a role' })
  @ApiOkResponse({ type: RoleView })
  @ApiFailures('http.invalid', 'http.conflict')
  async create(@Caller() caller: Principal, @Body() body: CreateRoleBody): Promise<RoleView> {
    return roleView(await this.roles.create(caller, body));
  }

  @Get()
  @ApiOperation({ summary: 'List the roles, built-in ones first' })
  @ApiOkResponse({ type: [RoleView] })
  @ApiFailures('http.invalid')
  async list(@Query() { scope }: RoleListQuery): Promise<readonly RoleView[]> {
    return (await this.roles.list(scope ?? null)).map(roleView);
  }

  @Get(':roleId')
  @ApiOperation({ summary: 'One role' })
  @ApiOkResponse({ type: RoleView })
  @ApiFailures('registry.unknown')
  async get(@Param('roleId') id: string): Promise<RoleView> {
    return roleView(await this.roles.get(id));
  }

  @Put(':roleId')
  @ApiOperation({ summary: 'Change a role that is not built in; what is left out stays' })
  @ApiOkResponse({ type: RoleView })
  @ApiFailures('registry.unknown', 'http.invalid', 'http.conflict')
  async change(
    @Caller() caller: Principal,
    @Param('roleId') id: string,
    @Body() body: ChangeRoleBody,
  ): Promise<RoleView> {
    return roleView(await this.roles.change(caller, id, body));
  }

  @Delete(':roleId')
  @HttpCode(200)
  @ApiOperation({ summary: 'Delete a role that is not built in, for all who have it' })
  @ApiOkResponse({ type: MessageView })
  @ApiFailures('registry.unknown', 'http.conflict')
  async remove(@Param('roleId') id: string): Promise<MessageView> {
    await this.roles.remove(id);
    return { message: 'Role deleted successfully' };
  }
}
