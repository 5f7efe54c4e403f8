import { Controller, Get, Header, Query, Req, StreamableFile } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Principal } from '#contracts/auth/principal';
import { Authenticated, Caller, type CredentialCarrier } from '#libs/identity';
import { ApiFailures } from '#libs/service';
import { CALL_EXAMPLE } from '../call-log/call.view.js';
import { TapQuery } from './tap.query.js';
import { TapService } from './tap.service.js';

@ApiTags('calls')
@Controller('tap')
export class TapController {
  constructor(private readonly tap: TapService) {}

  @Get()
  @Authenticated()
  @Header('cache-control', 'no-store')
  @Header('x-accel-buffering', 'no')
  @ApiOperation({
    summary:
      'Calls as they happen, as server-sent events: `call`, as `GET /calls` shows it; `missed`, how many were beyond 200 in a second; `state`, at most once a second and where it is asked for, what may be other than before (`gateways`, `catalog`, `programs`); `end`, why the stream ends',
  })
  @ApiOkResponse({
    content: {
      'text/event-stream': {
        schema: { type: 'string' },
        example: `event: call\ndata: ${JSON.stringify(CALL_EXAMPLE)}\n\nevent: missed\ndata: {"count":12}\n\nevent: state\ndata: {"topics":["gateways"]}\n\n`,
      },
    },
  })
  @ApiFailures('http.invalid', 'http.overloaded')
  watch(
    @Query() query: TapQuery,
    @Caller() caller: Principal,
    @Req() { raw }: { readonly raw: CredentialCarrier },
  ): StreamableFile {
    return new StreamableFile(this.tap.watch(query, caller, raw), { type: 'text/event-stream' });
  }
}
