import { Injectable } from '@nestjs/common';
import { type Bus, InjectBus } from '#libs/bus';
import { DiscoverUpstream, type DiscoveredUpstream, type UpstreamCredential, type UpstreamTransport } from '#libs/contracts';
import type { GatewayEntity } from '../storage/gateway.entity.js';
import { type Connection, profileOf } from './profile.js';

/** What a discovery says of the upstream itself. */
export type Findings = Pick<
  GatewayEntity,
  'transport' | 'era' | 'protocolVersion' | 'serverInfo' | 'capabilities' | 'instructions' | 'reachable' | 'refreshedAt'
>;

/** Asks tool-invocation to connect and list. No database connection may be held meanwhile: it takes up to 30 s. */
@Injectable()
export class DiscoveryService {
  constructor(@InjectBus() private readonly bus: Bus) {}

  /** With `credential` undefined, what auth keeps for the upstream is presented. */
  async discover(
    connection: Connection,
    transport: UpstreamTransport | 'AUTO',
    credential?: UpstreamCredential | null,
  ): Promise<DiscoveredUpstream> {
    const { head } = await this.bus.ask(DiscoverUpstream, {
      profile: profileOf(connection),
      transport,
      ...(credential !== undefined && { credential }),
    });
    return head;
  }
}

export const findingsOf = (discovered: DiscoveredUpstream): Findings => ({
  transport: discovered.transport,
  era: discovered.era,
  protocolVersion: withoutNul(discovered.protocolVersion),
  serverInfo: discovered.serverInfo,
  capabilities: discovered.capabilities,
  instructions: discovered.instructions === null ? null : withoutNul(discovered.instructions),
  reachable: true,
  refreshedAt: new Date(),
});

/** PostgreSQL's text has no U+0000; in JSON columns it stands escaped. */
const withoutNul = (text: string): string => text.replaceAll('\0', '');
