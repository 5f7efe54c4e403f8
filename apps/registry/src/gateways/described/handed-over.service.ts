import { Injectable } from '@nestjs/common';
import type { Discovery } from '../discovery-result.js';
import { DiscoveryService } from '../discovery.service.js';
import type { UpdateGatewayBody } from '../gateway.body.js';
import type { GatewayEntity } from '../gateway.entity.js';

/** Compares a document or descriptors that are handed over with what is stored. */
@Injectable()
export class HandedOverService {
  constructor(private readonly discoveries: DiscoveryService) {}

  /** Whether nothing would become another if a gateway were what a body hands over. Throws what reading that fails with. */
  async isStored(gateway: GatewayEntity, body: UpdateGatewayBody): Promise<boolean> {
    const discovery = await this.read(gateway, body);
    if (discovery === null || isMoved(gateway, discovery)) return false;
    return this.discoveries.isApplied(gateway, discovery);
  }

  private async read(gateway: GatewayEntity, body: UpdateGatewayBody): Promise<Discovery | null> {
    const { apis, described } = this.discoveries;
    if (gateway.transport === 'GRPC') return described.grpc.readChanged(gateway, gateway, body);
    return apis.readChanged(gateway, body);
  }
}

/** Of an HTTP API the document says where it is, and its tools say nothing of that. */
const isMoved = ({ transport, url }: GatewayEntity, { reading }: Discovery): boolean =>
  transport === 'OPENAPI' && reading?.baseUrl !== url;
