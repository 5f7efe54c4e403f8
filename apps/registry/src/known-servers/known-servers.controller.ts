import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Principal } from '#contracts/auth/principal';
import { Caller, Requires } from '#libs/identity';
import { ApiFailures } from '#libs/service';
import { GATEWAY_EXAMPLE } from '../gateways/gateway.example.js';
import { BulkRegisterBody, RegisterKnownServerBody } from './known-server.body.js';
import {
  BulkRegisterView,
  KNOWN_SERVERS_EXAMPLE,
  KnownServerStatusView,
  KnownServersView,
  RegisteredKnownServerView,
} from './known-server.view.js';
import { KnownServersQuery } from './known-servers.query.js';
import { KnownServersService } from './known-servers.service.js';

const STATUS_EXAMPLE: KnownServerStatusView = {
  server_id: 'weather',
  is_available: true,
  is_registered: false,
  last_checked: new Date('2026-07-28T09:00:00.000Z'),
  response_time_ms: 84,
  http_status: 401,
  error: null,
};

const REGISTERED_EXAMPLE = {
  success: true,
  server_id: GATEWAY_EXAMPLE.id,
  message: 'Weather is registered with 2 tools',
  oauth_required: false,
  gateway: GATEWAY_EXAMPLE,
};

const BULK_EXAMPLE: BulkRegisterView = {
  successful: ['weather'],
  failed: [{ server_id: 'maps', error: '"maps" wants an API key: give apiKey' }],
  total_attempted: 2,
  total_successful: 1,
};

/** Servers that can be registered by their name in a file. */
@ApiTags('catalog')
@Controller('catalog')
export class KnownServersController {
  constructor(private readonly servers: KnownServersService) {}

  @Get()
  @Requires('servers.read')
  @ApiOperation({ summary: 'The servers of MCPGATEWAY_CATALOG_FILE, and which of them are registered and reachable' })
  @ApiOkResponse({ type: KnownServersView, example: KNOWN_SERVERS_EXAMPLE })
  @ApiFailures('http.invalid', 'http.not_found')
  list(@Query() query: KnownServersQuery, @Caller() caller: Principal): Promise<KnownServersView> {
    return this.servers.list(query, caller);
  }

  @Get(':id/status')
  @Requires('servers.read')
  @ApiOperation({ summary: 'Ask a server of the catalog whether it is there' })
  @ApiOkResponse({ type: KnownServerStatusView, example: STATUS_EXAMPLE })
  @ApiFailures('registry.unknown', 'http.not_found')
  status(@Param('id') id: string, @Caller() caller: Principal): Promise<KnownServerStatusView> {
    return this.servers.status(id, caller);
  }

  @Post('bulk-register')
  @HttpCode(200)
  @Requires('servers.create', 'gateways.create')
  @ApiOperation({ summary: 'Register several that need no secret; each stands by itself' })
  @ApiOkResponse({ type: BulkRegisterView, example: BULK_EXAMPLE })
  @ApiFailures('http.invalid', 'http.not_found')
  registerSeveral(@Body() body: BulkRegisterBody, @Caller() caller: Principal): Promise<BulkRegisterView> {
    return this.servers.registerSeveral(body, caller);
  }

  @Post(':id/register')
  @Requires('servers.create', 'gateways.create')
  @ApiOperation({ summary: 'Register a server of the catalog as a gateway' })
  @ApiCreatedResponse({ type: RegisteredKnownServerView, example: REGISTERED_EXAMPLE })
  @ApiFailures(
    'registry.unknown',
    'registry.name_taken',
    'http.not_found',
    'http.invalid',
    'upstream.refused',
    'upstream.unreachable',
    'upstream.unauthorised',
    'upstream.not_mcp',
    'upstream.invalid_answer',
    'upstream.timed_out',
  )
  register(
    @Param('id') id: string,
    @Body() body: RegisterKnownServerBody,
    @Caller() caller: Principal,
  ): Promise<RegisteredKnownServerView> {
    return this.servers.register(id, body, caller);
  }
}
