import { Injectable } from '@nestjs/common';
import type { UpstreamCredential } from '#contracts/auth/upstream-credential.request';
import type { UpstreamTransport } from '#contracts/registry/resolve-upstream.request';
import { DiscoverUpstream, type DiscoveredUpstream } from '#contracts/tool-invocation/discover-upstream.request';
import { type Bus, InjectBus } from '#libs/bus';
import { fail } from '#libs/errors';
import { OwnIdService } from '../../changes/own-id.service.js';
import { type Connection, profileOf } from '../profile.js';
import { withProvenance } from './provenance.js';

/** Upstreams as tool-invocation finds them, without what has come from this gateway itself. */
@Injectable()
export class AskedUpstreams {
  constructor(
    @InjectBus() readonly bus: Bus,
    private readonly ownId: OwnIdService,
  ) {}

  /** Rejects with `upstream.…` (`upstream.refused` where it is this gateway itself) or `bus.…`. */
  async discover(
    connection: Connection,
    transport: UpstreamTransport | 'AUTO',
    credential: UpstreamCredential | null | undefined,
  ): Promise<DiscoveredUpstream> {
    const ownId = await this.ownId.read();
    const { head } = await this.bus.ask(DiscoverUpstream, {
      profile: profileOf(connection),
      transport,
      ...(credential !== undefined && { credential }),
    });
    if (head.gatewayId === ownId) throw fail('upstream.refused', { message: 'The upstream is this gateway itself' });
    return withProvenance(head, { ownId, slug: connection.slug });
  }
}
