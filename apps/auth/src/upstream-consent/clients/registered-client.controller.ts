import { Controller, Delete, Get, Param } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { fail } from '#libs/errors';
import { Requires } from '#libs/identity';
import { ApiFailures } from '#libs/service';
import { RECORD_ID } from '../../rest/record-id.js';
import { DoneView } from '../../rest/done.view.js';
import { REGISTERED_CLIENT_EXAMPLE, RegisteredClientView, RegisteredClientsView } from './registered-client.view.js';
import { UpstreamClientRepository } from './upstream-client.repository.js';

/** The clients that the gateway registered by itself, for whoever runs it. */
@ApiTags('oauth')
@Controller('oauth/registered-clients')
export class RegisteredClientController {
  constructor(private readonly rows: UpstreamClientRepository) {}

  @Get()
  @Requires('admin.system_config')
  @ApiOperation({ summary: 'The clients that this gateway registered at authorization servers' })
  @ApiOkResponse({ type: RegisteredClientsView, example: { total: 1, clients: [REGISTERED_CLIENT_EXAMPLE] } })
  @ApiFailures()
  async list(): Promise<RegisteredClientsView> {
    return new RegisteredClientsView(await this.rows.list());
  }

  @Get(':gatewayId')
  @Requires('admin.system_config')
  @ApiOperation({ summary: 'The client of one gateway; the newest, where its authorization server has changed' })
  @ApiOkResponse({ type: RegisteredClientView, example: REGISTERED_CLIENT_EXAMPLE })
  @ApiFailures('registry.unknown')
  async ofGateway(@Param('gatewayId') gatewayId: string): Promise<RegisteredClientView> {
    const client = (await this.rows.list()).findLast(({ upstreamId }) => upstreamId === gatewayId);
    if (client === undefined) throw fail('registry.unknown');
    return new RegisteredClientView(client);
  }

  @Delete(':clientId')
  @Requires('admin.system_config')
  @ApiOperation({ summary: 'Forget a client; another is registered when one is needed' })
  @ApiOkResponse({ type: DoneView })
  @ApiFailures('registry.unknown')
  async forget(@Param('clientId', RECORD_ID) id: string): Promise<DoneView> {
    if (!(await this.rows.forget(id))) throw fail('registry.unknown');
    return { success: true, message: 'The client was forgotten' };
  }
}
