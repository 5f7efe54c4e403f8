import type { IncomingMessage } from 'node:http';
import { Body, Controller, HttpCode, Inject, Post, Req, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiSecurity, ApiTags } from '@nestjs/swagger';
import type { Principal } from '#contracts/auth/principal';
import { fail } from '#libs/errors';
import {
  Authenticated,
  CLIENT_ADDRESS,
  Caller,
  type ClientAddress,
  Open,
  checkOwnPage,
  consoleCookie,
  networkOf,
  readConsoleCookie,
} from '#libs/identity';
import { ApiFailures, ApiOpenFailures } from '#libs/service';
import { DoneView } from '../rest/done.view.js';
import { userView } from '../users/user.view.js';
import { ConsoleLoginBody, RedeemLinkBody } from './console-session.body.js';
import { ConsoleSessionService, type OpenedSession } from './console-session.service.js';
import { ConsoleSessionView } from './console-session.view.js';

interface Request {
  readonly raw: IncomingMessage;
}

interface Reply {
  header(name: string, value: string): unknown;
}

/** The session of the admin console: a cookie that its page alone can use, and no script can read. */
@ApiTags('auth')
@Controller('auth/console')
export class ConsoleSessionController {
  constructor(
    private readonly sessions: ConsoleSessionService,
    @Inject(CLIENT_ADDRESS) private readonly addressOf: ClientAddress,
  ) {}

  @Post('login')
  @HttpCode(200)
  @Open()
  @ApiSecurity({})
  @ApiOperation({ summary: 'Open the console by password; the session is a cookie' })
  @ApiOkResponse({ type: ConsoleSessionView })
  @ApiOpenFailures(
    'auth.credential_invalid',
    'http.origin_refused',
    'http.invalid',
    'http.rate_limited',
    'http.overloaded',
  )
  async login(
    @Req() request: Request,
    @Res({ passthrough: true }) reply: Reply,
    @Body() { email, password }: ConsoleLoginBody,
  ): Promise<ConsoleSessionView> {
    checkOwnPage(request.raw.headers);
    return opened(request, reply, await this.sessions.login(email, password, this.networkOf(request)));
  }

  @Post('redeem')
  @HttpCode(200)
  @Open()
  @ApiSecurity({})
  @ApiOperation({ summary: 'Open the console by a link of `switchyard open`, which is good once' })
  @ApiOkResponse({ type: ConsoleSessionView })
  @ApiOpenFailures('auth.link_invalid', 'auth.link_expired', 'http.origin_refused', 'http.invalid')
  async redeem(
    @Req() request: Request,
    @Res({ passthrough: true }) reply: Reply,
    @Body() { code }: RedeemLinkBody,
  ): Promise<ConsoleSessionView> {
    checkOwnPage(request.raw.headers);
    return opened(request, reply, await this.sessions.redeem(code, this.networkOf(request)));
  }

  @Post('renew')
  @HttpCode(200)
  @Authenticated()
  @ApiOperation({ summary: 'Go on with the session of the console for as long again' })
  @ApiOkResponse({ type: ConsoleSessionView })
  @ApiFailures('http.origin_refused')
  async renew(
    @Req() request: Request,
    @Res({ passthrough: true }) reply: Reply,
    @Caller() caller: Principal,
  ): Promise<ConsoleSessionView> {
    return opened(request, reply, await this.sessions.renew(cookieOf(request), caller));
  }

  @Post('logout')
  @HttpCode(200)
  @Authenticated()
  @ApiOperation({ summary: 'Close the console: its session is good no longer' })
  @ApiOkResponse({ type: DoneView })
  @ApiFailures('http.origin_refused')
  async logout(
    @Req() request: Request,
    @Res({ passthrough: true }) reply: Reply,
    @Caller() caller: Principal,
  ): Promise<DoneView> {
    await this.sessions.end(cookieOf(request), caller);
    reply.header('set-cookie', consoleCookie(request.raw.headers, null));
    return { success: true, message: 'Logged out' };
  }

  private networkOf({ raw }: Request): string {
    return networkOf(this.addressOf(raw));
  }
}

/** A bearer token has no session here. */
const cookieOf = ({ raw }: Request): string => {
  const cookie = raw.headers.authorization === undefined ? readConsoleCookie(raw.headers) : null;
  if (cookie === null)
    throw fail('auth.credential_invalid', { message: 'There is no session of the console in this request' });
  return cookie;
};

const opened = ({ raw }: Request, reply: Reply, { user, issued }: OpenedSession): ConsoleSessionView => {
  const maxAgeS = Math.floor((issued.expiresAt.getTime() - Date.now()) / 1000);
  reply.header('set-cookie', consoleCookie(raw.headers, { token: issued.token, maxAgeS }));
  return { user: userView(user), expires_in: maxAgeS };
};
