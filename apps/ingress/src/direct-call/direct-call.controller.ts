import type { IncomingMessage, ServerResponse } from 'node:http';
import { Body, Controller, HttpCode, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Requires, readManagementCredential } from '#libs/identity';
import { ApiFailures } from '#libs/service';
import { CallAbort, ToolPlaceQuery } from '../call/index.js';
import { CallToolBody } from './direct-call.body.js';
import { DirectCallService } from './direct-call.service.js';
import { CALL_EXAMPLE, ToolCallView } from './direct-call.view.js';

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
    const abort = new CallAbort();
    // Whoever no longer waits for it has cancelled it.
    reply.raw.once('close', () => {
      if (!reply.raw.writableFinished) abort.abort();
    });
    const credential = readManagementCredential(raw) ?? '';
    return this.calls.call(name, serverId ?? null, body, { carrier: raw, credential, abort });
  }
}
