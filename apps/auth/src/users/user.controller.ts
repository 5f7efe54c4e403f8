import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Put, Query } from '@nestjs/common';
import {
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiTags,
} from '@nestjs/swagger';
import type { Principal } from '#contracts/auth/principal';
import { Caller, Requires } from '#libs/identity';
import { ApiFailures } from '#libs/service';
import { DoneView } from '../rest/done.view.js';
import { ChangeUserBody, CreateUserBody } from './user.body.js';
import { UserListQuery } from './user.query.js';
import { UserService } from './user.service.js';
import { ApiUserList, UserPageView, UserView, userView } from './user.view.js';

const EMAIL_PARAM = { name: 'email', type: String, example: 'ann@example.org' } as const;

const listUsers = async (
  users: UserService,
  { limit, offset, includePagination }: UserListQuery,
): Promise<UserPageView | readonly UserView[]> => {
  const found = await users.list(limit, offset);
  const views = found.users.map(userView);
  return includePagination === true ? { users: views, total: found.total, limit, offset } : views;
};

/** The list under another name. */
@ApiTags('users')
@Requires('admin.user_management')
@Controller('admin/users')
export class AdminUserController {
  constructor(private readonly users: UserService) {}

  @Get()
  @ApiOperation({ summary: 'As /auth/email/admin/users' })
  @ApiUserList()
  @ApiFailures('http.invalid')
  list(@Query() query: UserListQuery): Promise<UserPageView | readonly UserView[]> {
    return listUsers(this.users, query);
  }
}

/** Users, for administrators. */
@ApiTags('users')
@Requires('admin.user_management')
@Controller('auth/email/admin/users')
export class UserController {
  constructor(private readonly users: UserService) {}

  @Post()
  @ApiOperation({ summary: 'Create a user; an administrator only as one yourself' })
  @ApiCreatedResponse({ type: UserView })
  @ApiFailures('http.invalid', 'http.conflict')
  async create(@Caller() caller: Principal, @Body() body: CreateUserBody): Promise<UserView> {
    return userView(await this.users.create(caller, body));
  }

  @Get()
  @ApiOperation({ summary: 'List users, by e-mail' })
  @ApiUserList()
  @ApiFailures('http.invalid')
  list(@Query() query: UserListQuery): Promise<UserPageView | readonly UserView[]> {
    return listUsers(this.users, query);
  }

  @Get(':email')
  @ApiOperation({ summary: 'One user' })
  @ApiParam(EMAIL_PARAM)
  @ApiOkResponse({ type: UserView })
  @ApiFailures('registry.unknown')
  async get(@Param('email') email: string): Promise<UserView> {
    return userView(await this.users.get(email));
  }

  @Patch(':email')
  @ApiOperation({ summary: 'Change a user who may no more than you; what is left out stays' })
  @ApiParam(EMAIL_PARAM)
  @ApiOkResponse({ type: UserView })
  @ApiFailures('registry.unknown', 'http.invalid', 'http.conflict')
  async change(
    @Caller() caller: Principal,
    @Param('email') email: string,
    @Body() body: ChangeUserBody,
  ): Promise<UserView> {
    return userView(await this.users.change(caller, email, body));
  }

  @Put(':email')
  @ApiOperation({ summary: 'As PATCH', deprecated: true })
  @ApiParam(EMAIL_PARAM)
  @ApiOkResponse({ type: UserView })
  @ApiFailures('registry.unknown', 'http.invalid', 'http.conflict')
  replace(@Caller() caller: Principal, @Param('email') email: string, @Body() body: ChangeUserBody): Promise<UserView> {
    return this.change(caller, email, body);
  }

  @Post(':email/unlock')
  @HttpCode(200)
  @ApiOperation({ summary: 'Let in a user who is locked out by wrong passwords, and who may no more than you' })
  @ApiParam(EMAIL_PARAM)
  @ApiOkResponse({ type: DoneView })
  @ApiFailures('registry.unknown')
  async unlock(@Caller() caller: Principal, @Param('email') email: string): Promise<DoneView> {
    const user = await this.users.unlock(caller, email);
    return { success: true, message: `User ${user.email} has been unlocked` };
  }

  @Delete(':email')
  @HttpCode(204)
  @ApiOperation({ summary: 'Remove a user who may no more than you, and end all their tokens' })
  @ApiParam(EMAIL_PARAM)
  @ApiNoContentResponse()
  @ApiFailures('registry.unknown', 'http.conflict')
  async remove(@Caller() caller: Principal, @Param('email') email: string): Promise<void> {
    await this.users.remove(caller, email);
  }
}
