import type { IncomingMessage } from 'node:http';
import { Body, Controller, Get, HttpCode, Post, Req } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiSecurity, ApiTags } from '@nestjs/swagger';
import type { Principal } from '#contracts/auth/principal';
import { fail } from '#libs/errors';
import { Authenticated, Caller, Open, readCredential } from '#libs/identity';
import { ApiFailures, ApiOpenFailures } from '#libs/service';
import { UserService } from '../users/user.service.js';
import { userView } from '../users/user.view.js';
import { LoginBody } from './login.body.js';
import { ChangePasswordBody } from './password.body.js';
import { LoginService } from './login.service.js';
import { LoginView, LogoutView, MeView } from './login.view.js';

@ApiTags('auth')
@Controller('auth')
export class LoginController {
  constructor(
    private readonly logins: LoginService,
    private readonly users: UserService,
  ) {}

  @Post(['login', 'email/login'])
  @HttpCode(200)
  @Open()
  @ApiSecurity({})
  @ApiOperation({ summary: 'Log in by password' })
  @ApiOkResponse({ type: LoginView })
  @ApiOpenFailures('auth.credential_invalid', 'http.invalid', 'http.overloaded')
  async login(@Body() { email, username, password }: LoginBody): Promise<LoginView> {
    const name = email ?? username;
    if (email !== undefined && username !== undefined && email !== username)
      throw fail('http.invalid', { message: 'email and username differ: give one of them' });
    if (name === undefined) throw fail('http.invalid', { message: 'email is required' });
    const { user, issued } = await this.logins.login(name, password);
    return {
      access_token: issued.token,
      token_type: 'bearer',
      expires_in: Math.floor((issued.expiresAt.getTime() - Date.now()) / 1000),
      user: userView(user),
    };
  }

  @Post('logout')
  @HttpCode(200)
  @Authenticated()
  @ApiOperation({ summary: 'Log out: the token that was shown is good no longer' })
  @ApiOkResponse({ type: LogoutView })
  @ApiFailures()
  async logout(@Req() request: { raw: IncomingMessage }, @Caller() caller: Principal): Promise<LogoutView> {
    await this.logins.logout(readCredential(request.raw) ?? '', caller);
    return { status: 'success' };
  }

  @Post('email/change-password')
  @HttpCode(200)
  @Authenticated()
  @ApiOperation({ summary: 'Change your own password; ends every token you have, this one too' })
  @ApiOkResponse({ type: LogoutView })
  @ApiFailures('http.invalid', 'http.overloaded')
  async changePassword(@Caller() caller: Principal, @Body() body: ChangePasswordBody): Promise<LogoutView> {
    await this.logins.changePassword(caller, body.oldPassword, body.newPassword);
    return { status: 'success' };
  }

  @Get('email/me')
  @Authenticated()
  @ApiOperation({ summary: 'Who you are, and what your token permits' })
  @ApiOkResponse({ type: MeView })
  @ApiFailures('registry.unknown')
  async me(@Caller() caller: Principal): Promise<MeView> {
    const user = await this.users.get(caller.id);
    return Object.assign(new MeView(), userView(user), { permissions: caller.permissions, teams: caller.teams });
  }
}
