import { Injectable } from '@nestjs/common';
import type { UpstreamTransport } from '#contracts/registry/resolve-upstream.request';
import { A2aDiscoveryService } from './a2a-discovery.service.js';
import { GrpcDiscoveryService } from '../grpc/grpc-discovery.service.js';

/** Upstreams that describe themselves in another way than MCP, and by no document. */
@Injectable()
export class DescribedUpstreams {
  constructor(
    readonly grpc: GrpcDiscoveryService,
    readonly a2a: A2aDiscoveryService,
  ) {}

  /** Who finds out what upstreams of a transport offer; undefined for those of MCP and what is described here. */
  of(transport: UpstreamTransport | 'AUTO'): GrpcDiscoveryService | A2aDiscoveryService | undefined {
    if (transport === 'GRPC') return this.grpc;
    return transport === 'A2A' ? this.a2a : undefined;
  }
}
