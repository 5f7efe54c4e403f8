import type { IncomingMessage } from 'node:http';
import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query, Req } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { AdmitConnector, FindGoodConnectors } from '#contracts/auth/connectors/admit-connector.request';
import { NoteConnections } from '#contracts/auth/connectors/note-connection.request';
import type { ReplyOf, RequestOf } from '#contracts/define';
import type { Principal } from '#contracts/auth/principal';
import { Answers } from '#libs/bus';
import { Caller, Requires, readManagementCredential } from '#libs/identity';
import { ApiFailures } from '#libs/service';
import { RECORD_ID } from '../rest/record-id.js';
import { PageQuery } from '../rest/page.query.js';
import { ConnectionTrail } from './connection-trail.js';
import { CreateConnectorBody } from './connector.body.js';
import { ConnectorService } from './connector.service.js';
import { ConnectorPageView, CreatedConnectorView, connectorPageView, connectorView } from './connector.view.js';

/** A text that is no UUID is answered like the id of no connector: 404. */

/** Places outside that may join the gateway, for administrators. */
@ApiTags('connectors')
@Requires('admin.connectors')
@Controller('connectors')
export class ConnectorController {
  constructor(private readonly connectors: ConnectorService) {}

  @Post()
  @ApiOperation({ summary: 'Let a place outside join, to serve upstreams there; its token is shown this once' })
  @ApiCreatedResponse({ type: CreatedConnectorView })
  @ApiFailures('http.invalid', 'http.conflict')
  async create(
    @Req() request: { raw: IncomingMessage },
    @Caller() caller: Principal,
    @Body() body: CreateConnectorBody,
  ): Promise<CreatedConnectorView> {
    const credential = readManagementCredential(request.raw) ?? '';
    const { connector, token } = await this.connectors.create(caller, credential, body);
    return { connector: connectorView(connector, new Map()), token };
  }

  @Get()
  @ApiOperation({ summary: 'List connectors, newest first, each with the connections that it has now' })
  @ApiOkResponse({ type: ConnectorPageView })
  @ApiFailures('http.invalid')
  async list(@Query() query: PageQuery): Promise<ConnectorPageView> {
    const [page, connections] = await Promise.all([
      this.connectors.list(query.limit, query.offset),
      this.connectors.connections(),
    ]);
    return connectorPageView(page, connections, query);
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiOperation({ summary: 'Revoke a connector: its connections end at once, and no other is let in' })
  @ApiNoContentResponse()
  @ApiFailures('registry.unknown')
  async revoke(@Param('id', RECORD_ID) id: string): Promise<void> {
    await this.connectors.revoke(id);
  }
}

/** The bus's door to connectors: who is it that joins? */
@Controller()
export class ConnectorAdmissionController {
  constructor(
    private readonly connectors: ConnectorService,
    private readonly trail: ConnectionTrail,
  ) {}

  @Answers(AdmitConnector)
  admit(@Payload() { token }: RequestOf<typeof AdmitConnector>): Promise<ReplyOf<typeof AdmitConnector>> {
    return this.connectors.admit(token);
  }

  @Answers(FindGoodConnectors)
  async findGood(
    @Payload() { connectorIds }: RequestOf<typeof FindGoodConnectors>,
  ): Promise<ReplyOf<typeof FindGoodConnectors>> {
    return { connectorIds: await this.connectors.findGood(connectorIds) };
  }

  @Answers(NoteConnections)
  async note(@Payload() { notes }: RequestOf<typeof NoteConnections>): Promise<ReplyOf<typeof NoteConnections>> {
    await this.trail.note(notes);
    return { noted: true };
  }
}
