import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Put, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Principal } from '#contracts/auth/principal';
import { Caller, Requires } from '#libs/identity';
import { PageRequest } from './page.request.js';
import { userAnswer } from './user.answer.js';
import { ChangeUserRequest, CreateUserRequest } from './user.request.js';
import { UserService } from './user.service.js';

@ApiTags('users')
@Requires('admin.user_management')
@Controller('auth/email/admin/users')
export class UserController {
  constructor(private readonly users: UserService) {}

  @Post()
  async create(@Body() wish: CreateUserRequest) {
    return userAnswer(await this.users.create(wish));
  }

  @Get()
  async list(@Query() { limit, offset }: PageRequest) {
    const { users, total } = await this.users.list(limit, offset);
    return { users: users.map(userAnswer), total, limit, offset };
  }

  @Get(':email')
  async get(@Param('email') email: string) {
    return userAnswer(await this.users.find(email));
  }

  @Patch(':email')
  async change(@Caller() caller: Principal, @Param('email') email: string, @Body() wish: ChangeUserRequest) {
    return userAnswer(await this.users.change(caller, email, wish));
  }

  @Put(':email')
  replace(@Caller() caller: Principal, @Param('email') email: string, @Body() wish: ChangeUserRequest) {
    return this.change(caller, email, wish);
  }

  @Delete(':email')
  @HttpCode(204)
  async remove(@Caller() caller: Principal, @Param('email') email: string): Promise<void> {
    await this.users.remove(caller, email);
  }
}
