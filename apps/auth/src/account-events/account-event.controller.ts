import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Principal } from '#contracts/auth/principal';
import { Authenticated, Caller, Requires } from '#libs/identity';
import { ApiFailures } from '#libs/service';
import { PageQuery } from '../rest/page.query.js';
import { AccountEventQuery } from './account-event.query.js';
import { AccountEventView, accountEventView } from './account-event.view.js';
import { AccountEvents } from './account-events.service.js';

/** What happened to accounts. */
@ApiTags('auth')
@Controller('auth/email')
export class AccountEventController {
  constructor(private readonly events: AccountEvents) {}

  @Get('events')
  @Authenticated()
  @ApiOperation({ summary: 'What happened to your account within 90 days, newest first' })
  @ApiOkResponse({ type: [AccountEventView] })
  @ApiFailures('http.invalid')
  async listOwn(@Caller() caller: Principal, @Query() { limit, offset }: PageQuery): Promise<AccountEventView[]> {
    return (await this.events.list(caller.id, limit, offset)).map(accountEventView);
  }

  @Get('admin/events')
  @Requires('admin.user_management')
  @ApiOperation({ summary: "What happened to everybody's accounts, or to one, within 90 days, newest first" })
  @ApiOkResponse({ type: [AccountEventView] })
  @ApiFailures('http.invalid')
  async listAll(@Query() { limit, offset, userEmail }: AccountEventQuery): Promise<AccountEventView[]> {
    return (await this.events.list(userEmail ?? null, limit, offset)).map(accountEventView);
  }
}
