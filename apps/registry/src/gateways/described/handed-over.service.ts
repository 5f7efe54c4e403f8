import { isDeepStrictEqual } from 'node:util';
import { Injectable } from '@nestjs/common';
import { GatewayEntriesService } from '../../entries/gateway-entries.service.js';
import { namingOf } from '../../entries/names/naming.js';
import { ApiDiscoveryService } from '../api-discovery.service.js';
import { type Discovery, readDiscovery } from '../discovery-result.js';
import type { UpdateGatewayBody } from '../gateway.body.js';
import { GatewayEntity } from '../gateway.entity.js';
import { DescribedUpstreams } from './described-upstreams.js';

/** Compares a document or descriptors that are handed over with what is stored. */
@Injectable()
export class HandedOverService {
  constructor(
    private readonly apis: ApiDiscoveryService,
    private readonly described: DescribedUpstreams,
    private readonly entries: GatewayEntriesService,
  ) {}

  /** Whether nothing would become another if a gateway were what a body hands over. Throws what reading that fails with. */
  async isStored(gateway: GatewayEntity, body: UpdateGatewayBody): Promise<boolean> {
    const discovery = await this.read(gateway, body);
    if (discovery === null) return false;
    if (isMoved(gateway, discovery)) return false;
    const { serverInfo } = discovery.discovered;
    const { description, entries } = readDiscovery(
      discovery,
      namingOf(Object.assign(new GatewayEntity(), gateway, { serverInfo })),
    );
    if (description.sourceVersion !== gateway.sourceVersion || !isDeepStrictEqual(serverInfo, gateway.serverInfo))
      return false;
    const stored = await this.entries.findOf(gateway.id);
    const definitions = new Map(stored.map(({ originalName, definition }) => [originalName, definition]));
    return (
      entries.length === stored.length &&
      entries.every(({ originalName, definition }) => definitions.get(originalName) === definition)
    );
  }

  private async read(gateway: GatewayEntity, body: UpdateGatewayBody): Promise<Discovery | null> {
    if (gateway.transport === 'GRPC') return this.described.grpc.readChanged(gateway, gateway, body);
    return this.apis.readChanged(gateway, body);
  }
}

/** Of an HTTP API the document says where it is, and its tools say nothing of that. */
const isMoved = ({ transport, url }: GatewayEntity, { reading }: Discovery): boolean =>
  transport === 'OPENAPI' && reading?.baseUrl !== url;
