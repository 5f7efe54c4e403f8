import type { IncomingMessage } from 'node:http';
import { Body, Controller, Get, HttpCode, Inject, Post, Req } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiSecurity, ApiTags } from '@nestjs/swagger';
import type { Principal } from '#contracts/auth/principal';
import { fail } from '#libs/errors';
import {
  Authenticated,
  AuthenticatedByAny,
  CLIENT_ADDRESS,
  Caller,
  type ClientAddress,
  Open,
  networkOf,
  readManagementCredential,
} from '#libs/identity';
import { ApiFailures, ApiOpenFailures } from '#libs/service';
import { UserService } from '../users/user.service.js';
import { userView } from '../users/user.view.js';
import { DoneView } from '../rest/done.view.js';
import { ChangePasswordBody, LoginBody, RegisterBody } from './login.body.js';
import { LoginService } from './login.service.js';
import { RegistrationService } from './registration.service.js';
import { LoginView, LogoutView, MeView, loginView } from './login.view.js';

interface Request {
  readonly raw: IncomingMessage;
}

@ApiTags('auth')
@Controller('auth')
export class LoginController {
  constructor(
    private readonly logins: LoginService,
    private readonly registrations: RegistrationService,
    private readonly users: UserService,
    @Inject(CLIENT_ADDRESS) private readonly addressOf: ClientAddress,
  ) {}

  @Post(['login', 'email/login'])
  @HttpCode(200)
  @Open()
  @ApiSecurity({})
  @ApiOperation({ summary: 'Log in by password' })
  @ApiOkResponse({ type: LoginView })
  @ApiOpenFailures('auth.credential_invalid', 'http.invalid', 'http.rate_limited', 'http.overloaded')
  async login(@Req() request: Request, @Body() { email, username, password }: LoginBody): Promise<LoginView> {
    const name = email ?? username;
    if (email !== undefined && username !== undefined && email !== username)
      throw fail('http.invalid', { message: 'email and username differ: give one of them' });
    if (name === undefined) throw fail('http.invalid', { message: 'email is required' });
    return loginView(await this.logins.login(name, password, this.networkOf(request)));
  }

  @Post('email/register')
  @HttpCode(200)
  @Open()
  @ApiSecurity({})
  @ApiOperation({ summary: 'Make yourself an account and log in, where PUBLIC_REGISTRATION_ENABLED allows it' })
  @ApiOkResponse({ type: LoginView })
  @ApiOpenFailures('auth.not_offered', 'http.invalid', 'http.conflict', 'http.rate_limited', 'http.overloaded')
  async register(@Req() request: Request, @Body() body: RegisterBody): Promise<LoginView> {
    return loginView(await this.registrations.register(body, this.networkOf(request)));
  }

  @Post('logout')
  @HttpCode(200)
  @AuthenticatedByAny()
  @ApiOperation({ summary: 'Log out: the token that was shown is good no longer' })
  @ApiOkResponse({ type: LogoutView })
  @ApiFailures()
  async logout(@Req() request: Request, @Caller() caller: Principal): Promise<LogoutView> {
    await this.logins.logout(readManagementCredential(request.raw) ?? '', caller);
    return { status: 'success' };
  }

  @Post('email/change-password')
  @HttpCode(200)
  @Authenticated()
  @ApiOperation({ summary: 'Change your own password; ends every token you have, this one too' })
  @ApiOkResponse({ type: DoneView })
  @ApiFailures('http.invalid', 'http.overloaded')
  async changePassword(
    @Req() request: Request,
    @Caller() caller: Principal,
    @Body() body: ChangePasswordBody,
  ): Promise<DoneView> {
    await this.logins.changePassword(caller, this.networkOf(request), body.oldPassword, body.newPassword);
    return { success: true, message: 'Password changed successfully' };
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

  private networkOf({ raw }: Request): string {
    return networkOf(this.addressOf(raw));
  }
}
