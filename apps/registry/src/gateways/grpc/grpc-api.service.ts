import { isDeepStrictEqual } from 'node:util';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { GrpcApi } from '#contracts/registry/resolve-grpc-api.request';
import { WithBody } from '#libs/bus';
import { fail } from '#libs/errors';
import { InjectDatabase } from '#libs/storage';
import { GatewayEntriesService } from '../../entries/gateway-entries.service.js';
import type { GrpcReading, GrpcSource } from '../../sources/grpc/grpc-source.js';
import type { GrpcToolSource } from '../../sources/grpc/grpc-source.service.js';
import type { GatewayEntity } from '../gateway.entity.js';
import { GrpcDescriptorsEntity } from './grpc-descriptors.entity.js';

/** What gRPC servers have, as whoever calls them needs it. */
@Injectable()
export class GrpcApiService {
  constructor(
    @InjectDatabase('registry') private readonly database: DataSource,
    private readonly entries: GatewayEntriesService,
  ) {}

  /** Throws `upstream.unknown` where the gateway is no gRPC server, or has never been reached. */
  async describe({ id, grpcSource }: GatewayEntity): Promise<WithBody<GrpcApi>> {
    const stored = await this.database.manager.findOneBy(GrpcDescriptorsEntity, { gatewayId: id });
    if (stored === null || grpcSource === null) throw fail('upstream.unknown');
    const tools = await this.entries.findOf(id);
    const paths = tools.flatMap(({ originalName, source }) =>
      source === null ? [] : [[originalName, (JSON.parse(source) as GrpcToolSource).key] as const],
    );
    return new WithBody(
      { paths: Object.fromEntries(paths), protoFieldNames: grpcSource.protoFieldNames },
      stored.descriptorSet.toString('base64'),
    );
  }

  /** The descriptors that were handed over of a gRPC server, in base64; null where it is asked for them, or is none. */
  async handedOver({ id, grpc }: { readonly id: string; readonly grpc?: GrpcSource | null }): Promise<string | null> {
    if (!grpc || grpc.reflection) return null;
    const stored = await this.database.manager.findOneBy(GrpcDescriptorsEntity, { gatewayId: id });
    return stored?.descriptorSet.toString('base64') ?? null;
  }

  /** Whether a server is read in the same way, and has the same descriptors. */
  async isKept({ id, grpcSource }: GatewayEntity, { source, descriptorSet }: GrpcReading): Promise<boolean> {
    if (descriptorSet === null || !isDeepStrictEqual(source, grpcSource)) return false;
    const stored = await this.database.manager.findOneBy(GrpcDescriptorsEntity, { gatewayId: id });
    return stored?.descriptorSet.equals(descriptorSet) ?? false;
  }

  /** Within the change that makes it so. */
  async keep(gatewayId: string, descriptorSet: Buffer, manager: EntityManager): Promise<void> {
    await manager.upsert(GrpcDescriptorsEntity, { gatewayId, descriptorSet }, ['gatewayId']);
  }
}
