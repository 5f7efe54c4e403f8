import type { IncomingMessage } from 'node:http';
import { Body, Controller, Get, HttpCode, Inject, Param, Post, Req, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiSecurity, ApiTags } from '@nestjs/swagger';
import { fail } from '#libs/errors';
import { CLIENT_ADDRESS, type ClientAddress, Open, networkOf } from '#libs/identity';
import { ApiOpenFailures } from '#libs/service';
import { DoneView } from '../rest/done.view.js';
import { ForgotPasswordBody, ResetPasswordBody } from './recovery.body.js';
import { RecoveryService } from './recovery.service.js';
import { ResetLinkView } from './recovery.view.js';
import { RESET_PAGE, RESET_PAGE_HEADERS } from './reset-page.js';

interface Request {
  readonly raw: IncomingMessage;
}

interface Reply {
  headers(values: Readonly<Record<string, string>>): Reply;
  send(body: unknown): void;
}

/** For who forgot their password. */
@ApiTags('auth')
@ApiSecurity({})
@Open()
@Controller('auth/email')
export class RecoveryController {
  constructor(
    private readonly recovery: RecoveryService,
    @Inject(CLIENT_ADDRESS) private readonly addressOf: ClientAddress,
  ) {}

  @Post('forgot-password')
  @HttpCode(200)
  @ApiOperation({ summary: 'Ask for a link to set a new password, by mail; the answer tells nothing of accounts' })
  @ApiOkResponse({ type: DoneView })
  @ApiOpenFailures('auth.not_offered', 'http.invalid', 'http.rate_limited')
  async forgot(@Req() request: Request, @Body() { email }: ForgotPasswordBody): Promise<DoneView> {
    await this.recovery.request(email, this.networkOf(request));
    return { success: true, message: 'If this email is registered, you will receive a reset link.' };
  }

  @Get('reset-password/:token')
  @ApiOperation({ summary: 'Whether a mailed link is good; in a browser, the page on which to use it' })
  @ApiOkResponse({ type: ResetLinkView })
  @ApiOpenFailures('auth.not_offered', 'auth.link_invalid', 'auth.link_expired')
  async check(@Req() { raw }: Request, @Res() reply: Reply, @Param('token') token: string): Promise<void> {
    if (raw.headers.accept?.includes('text/html')) return reply.headers(RESET_PAGE_HEADERS).send(RESET_PAGE);
    const expires_at = await this.recovery.check(token);
    const view: ResetLinkView = { valid: true, message: 'Reset token is valid', expires_at };
    return reply.headers({ 'cache-control': 'no-store' }).send(view);
  }

  @Post('reset-password/:token')
  @HttpCode(200)
  @ApiOperation({ summary: 'Set a new password by a mailed link; ends every token its user has' })
  @ApiOkResponse({ type: DoneView })
  @ApiOpenFailures('auth.not_offered', 'auth.link_invalid', 'auth.link_expired', 'http.invalid', 'http.overloaded')
  async complete(
    @Req() request: Request,
    @Param('token') token: string,
    @Body() { newPassword, confirmPassword }: ResetPasswordBody,
  ): Promise<DoneView> {
    if (confirmPassword !== undefined && confirmPassword !== newPassword)
      throw fail('http.invalid', { message: 'confirm_password is not the same as new_password' });
    await this.recovery.complete(token, newPassword, this.networkOf(request));
    return { success: true, message: 'Password reset successful. Please sign in with your new password.' };
  }

  private networkOf({ raw }: Request): string {
    return networkOf(this.addressOf(raw));
  }
}
