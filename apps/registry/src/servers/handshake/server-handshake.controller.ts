import { Body, Controller, HttpCode, Param, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Principal } from '#contracts/auth/principal';
import { Caller, Requires } from '#libs/identity';
import { ApiFailures, NotSupported } from '#libs/service';
import { ServerHandshakeService } from './server-handshake.service.js';
import { HANDSHAKE_EXAMPLE, ServerHandshakeView } from './server-handshake.view.js';

/** Upstreams are shown the credential that is kept for them, and no header of a test. */
@NotSupported({ headers: null })
export class TestHandshakeBody {}

@ApiTags('servers')
@Controller('servers')
export class ServerHandshakeController {
  constructor(private readonly handshakes: ServerHandshakeService) {}

  @Post(':id/test-handshake')
  @HttpCode(200)
  @Requires('servers.read')
  @ApiOperation({
    summary: 'Shake hands with every upstream of a virtual server, as with one that nothing is known of',
  })
  @ApiOkResponse({ type: ServerHandshakeView, example: HANDSHAKE_EXAMPLE })
  @ApiFailures('registry.unknown', 'http.invalid')
  test(
    @Param('id') id: string,
    @Body() _body: TestHandshakeBody,
    @Caller() caller: Principal,
  ): Promise<ServerHandshakeView> {
    return this.handshakes.test(id, caller);
  }
}
