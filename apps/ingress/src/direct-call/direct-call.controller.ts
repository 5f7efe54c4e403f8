import type { IncomingMessage, ServerResponse } from 'node:http';
import { Body, Controller, Get, HttpCode, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Principal } from '#contracts/auth/principal';
import { Caller, Requires, readManagementCredential } from '#libs/identity';
import { ApiFailures } from '#libs/service';
import { CallAbort, ToolPlaceQuery } from '../call/index.js';
import { CallToolBody } from './direct-call.body.js';
import type { DirectCaller } from './captured-call.js';
import { DirectCallService } from './direct-call.service.js';
import { APP_EXAMPLE, CALL_EXAMPLE, ToolAppView, ToolCallView } from './direct-call.view.js';

/** A call without an MCP client. */
@ApiTags('tools')
@Controller('tools/call')
export class DirectCallController {
  constructor(private readonly calls: DirectCallService) {}

  @Post(':name')
  @HttpCode(200)
  @Requires('tools.execute')
  @ApiOperation({ summary: 'Call a tool as an MCP client would, and wait for what comes of it' })
  @ApiOkResponse({ type: ToolCallView, example: CALL_EXAMPLE })
  @ApiFailures('http.invalid')
  call(
    @Req() { raw }: { readonly raw: IncomingMessage },
    @Res({ passthrough: true }) reply: { readonly raw: ServerResponse },
    @Param('name') name: string,
    @Query() { serverId }: ToolPlaceQuery,
    @Body() body: CallToolBody,
  ): Promise<ToolCallView> {
    return this.calls.call({ name, serverId: serverId ?? null }, body, callerOf(raw, reply));
  }

  @Get(':name/app')
  @Requires('resources.read')
  @ApiOperation({ summary: 'Read the MCP App that a tool is shown with, as an MCP client would' })
  @ApiOkResponse({ type: ToolAppView, example: APP_EXAMPLE })
  @ApiFailures('registry.unknown', 'registry.unavailable', 'http.invalid')
  app(
    @Req() { raw }: { readonly raw: IncomingMessage },
    @Res({ passthrough: true }) reply: { readonly raw: ServerResponse },
    @Param('name') name: string,
    @Query() { serverId }: ToolPlaceQuery,
    @Caller() principal: Principal,
  ): Promise<ToolAppView> {
    return this.calls.app({ name, serverId: serverId ?? null }, principal, callerOf(raw, reply));
  }
}

const callerOf = (carrier: IncomingMessage, reply: { readonly raw: ServerResponse }): DirectCaller => {
  const abort = new CallAbort();
  // Whoever no longer waits for it has cancelled it.
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) abort.abort();
  });
  return { carrier, credential: readManagementCredential(carrier) ?? '', abort };
};
