import { Controller, Delete, Get, HttpCode, Param } from '@nestjs/common';
import { ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import type { Principal } from '#contracts/auth/principal';
import { Caller, Requires } from '#libs/identity';
import { ApiFailures } from '#libs/service';
import { RECORD_ID } from '../../rest/record-id.js';
import { UserService } from '../../users/user.service.js';
import { SessionService } from './session.service.js';
import { EndedSessionsView, SessionView, sessionView } from './session.view.js';

/** A text that is no UUID is answered like the id of no session: 404. */

/** The sessions of whoever asks. */
@ApiTags('auth')
@Controller('auth/sessions')
export class SessionController {
  constructor(private readonly sessions: SessionService) {}

  @Get()
  @Requires('tokens.read')
  @ApiOperation({ summary: 'Your open sessions: log-ins, and clients that are signed in for you, newest first' })
  @ApiOkResponse({ type: [SessionView] })
  @ApiFailures()
  async list(@Caller() caller: Principal): Promise<readonly SessionView[]> {
    return (await this.sessions.list(caller.id)).map((token) => sessionView(token, caller.tokenId));
  }

  @Delete()
  @HttpCode(200)
  @Requires('tokens.revoke')
  @ApiOperation({ summary: 'Sign yourself out everywhere, at once; tokens that you made stay' })
  @ApiOkResponse({ type: EndedSessionsView })
  @ApiFailures()
  async endAll(@Caller() caller: Principal): Promise<EndedSessionsView> {
    return { ended: await this.sessions.endAll({ userEmail: caller.id }, caller.id) };
  }

  @Delete(':id')
  @HttpCode(204)
  @Requires('tokens.revoke')
  @ApiOperation({ summary: 'End one of your sessions, at once' })
  @ApiNoContentResponse()
  @ApiFailures('registry.unknown')
  async end(@Caller() caller: Principal, @Param('id', RECORD_ID) id: string): Promise<void> {
    await this.sessions.end(caller.id, id, caller.id);
  }
}

/** The sessions of a user, for administrators. */
@ApiTags('users')
@Requires('admin.user_management')
@Controller('auth/email/admin/users/:email/sessions')
export class UserSessionController {
  constructor(
    private readonly sessions: SessionService,
    private readonly users: UserService,
  ) {}

  @Get()
  @ApiOperation({ summary: 'The open sessions of a user, newest first' })
  @ApiParam({ name: 'email', type: String, example: 'ann@example.org' })
  @ApiOkResponse({ type: [SessionView] })
  @ApiFailures('registry.unknown')
  async list(@Caller() caller: Principal, @Param('email') email: string): Promise<readonly SessionView[]> {
    const user = await this.users.get(email);
    return (await this.sessions.list(user.email)).map((token) => sessionView(token, caller.tokenId));
  }

  @Delete()
  @HttpCode(200)
  @ApiOperation({ summary: 'Sign a user out everywhere, at once; tokens that they made stay' })
  @ApiParam({ name: 'email', type: String, example: 'ann@example.org' })
  @ApiOkResponse({ type: EndedSessionsView })
  @ApiFailures('registry.unknown')
  async endAll(@Caller() caller: Principal, @Param('email') email: string): Promise<EndedSessionsView> {
    const user = await this.users.get(email);
    await this.users.checkNoAdministrator(caller, user.email);
    return { ended: await this.sessions.endAll({ userEmail: user.email }, caller.id) };
  }
}
