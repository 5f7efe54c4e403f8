import type { IncomingMessage } from 'node:http';
import { Body, Controller, Get, HttpCode, Post, Req } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Principal } from '#contracts/auth/principal';
import { fail } from '#libs/errors';
import { Authenticated, Caller, Open, readCredential } from '#libs/identity';
import { JwtCredential } from '../credential/jwt.credential.js';
import { LoginService } from '../credential/login.service.js';
import { RevocationService } from '../credential/revocation.service.js';
import { UserRepository } from '../storage/user.repository.js';
import { LoginRequest } from './login.request.js';
import { userAnswer } from './user.answer.js';

@ApiTags('auth')
@Controller('auth')
export class LoginController {
  constructor(
    private readonly logins: LoginService,
    private readonly jwt: JwtCredential,
    private readonly revocations: RevocationService,
    private readonly users: UserRepository,
  ) {}

  @Open()
  @Post(['login', 'email/login'])
  @HttpCode(200)
  async login(@Body() { email, username, password }: LoginRequest) {
    const name = email ?? username;
    if (name === undefined) throw fail('http.invalid', { message: 'email is required' });
    const { user, issued } = await this.logins.login(name, password);
    return {
      access_token: issued.token,
      token_type: 'bearer',
      expires_in: Math.floor((issued.expiresAt.getTime() - Date.now()) / 1000),
      user: userAnswer(user),
    };
  }

  @Authenticated()
  @Post('logout')
  @HttpCode(200)
  async logout(@Req() request: { raw: IncomingMessage }, @Caller() caller: Principal) {
    const { tokenId, expiresAtMs } = await this.jwt.verify(readCredential(request.raw) ?? '');
    await this.revocations.revokeToken(tokenId, new Date(expiresAtMs), caller.id);
    return { status: 'success' };
  }

  @Authenticated()
  @Get('email/me')
  async me(@Caller() caller: Principal) {
    const user = await this.users.find(caller.id);
    if (user === null) throw fail('registry.unknown');
    return { ...userAnswer(user), permissions: caller.permissions, teams: caller.teams };
  }
}
