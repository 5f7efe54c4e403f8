import type { IncomingMessage } from 'node:http';
import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query, Req } from '@nestjs/common';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Principal } from '#contracts/auth/principal';
import { Caller, Requires, readManagementCredential } from '#libs/identity';
import { ApiFailures } from '#libs/service';
import { PageQuery } from '../rest/page.query.js';
import { RegisterMachineClientBody } from './machine-client.body.js';
import { MachineClientService } from './machine-client.service.js';
import {
  MachineClientPageView,
  RegisteredMachineClientView,
  machineClientPageView,
  machineClientView,
} from './machine-client.view.js';

/** Clients of the gateway's own authorization server that have no user (client credentials), for administrators. */
@ApiTags('auth')
@Requires('admin.clients')
@Controller('auth/clients')
export class MachineClientController {
  constructor(private readonly clients: MachineClientService) {}

  @Post()
  @ApiOperation({ summary: 'Register a client without a user (client credentials); its secret is shown this once' })
  @ApiCreatedResponse({ type: RegisteredMachineClientView })
  @ApiFailures('http.invalid', 'http.conflict', 'registry.unknown')
  async register(
    @Req() request: { raw: IncomingMessage },
    @Caller() caller: Principal,
    @Body() body: RegisterMachineClientBody,
  ): Promise<RegisteredMachineClientView> {
    const { client, secret, tokenEndpoint } = await this.clients.register(
      caller,
      readManagementCredential(request.raw) ?? '',
      body,
    );
    return { client: machineClientView(client), client_secret: secret, token_endpoint: tokenEndpoint };
  }

  @Get()
  @ApiOperation({ summary: 'List the clients without a user, newest first' })
  @ApiOkResponse({ type: MachineClientPageView })
  @ApiFailures('http.invalid')
  async list(@Query() query: PageQuery): Promise<MachineClientPageView> {
    return machineClientPageView(await this.clients.list(query.limit, query.offset), query);
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiOperation({ summary: 'Revoke a client: its tokens end at once, everywhere, and it gets no other' })
  @ApiNoContentResponse()
  @ApiFailures('registry.unknown')
  async revoke(@Caller() caller: Principal, @Param('id') id: string): Promise<void> {
    await this.clients.revoke(caller, id);
  }
}
