import { isDeepStrictEqual } from 'node:util';
import { Injectable } from '@nestjs/common';
import type { UpstreamCredential } from '#contracts/auth/upstream-credential.request';
import { fail } from '#libs/errors';
import { GatewayEntriesService } from '../../entries/gateway-entries.service.js';
import { prefixOf, slugFor } from '../../entries/names/naming.js';
import { discoveredFrom } from '../../sources/api-reading.js';
import type { GrpcBody } from '../../sources/grpc/grpc.body.js';
import type { GrpcSource } from '../../sources/grpc/grpc-source.js';
import {
  GrpcSourceService,
  type GrpcTerms,
  type HandedOver,
  type ReadGrpc,
} from '../../sources/grpc/grpc-source.service.js';
import { pinnedNames } from '../../sources/openapi/tool-changes.js';
import { type Discovery, failedDiscovery } from '../discovery-result.js';
import type { RegisterGatewayBody, UpdateGatewayBody } from '../gateway.body.js';
import type { GatewayEntity } from '../gateway.entity.js';
import { type Connection, profileOf } from '../profile.js';
import { GrpcApiService } from './grpc-api.service.js';

const NEW: GrpcSource = { reflection: true, services: [], protoFieldNames: false };

/** Finds out what gRPC servers offer. */
@Injectable()
export class GrpcDiscoveryService {
  constructor(
    private readonly servers: GrpcSourceService,
    private readonly entries: GatewayEntriesService,
    readonly apis: GrpcApiService,
  ) {}

  /** Throws `http.invalid` for a body that is not one of a gRPC server, and what reading it fails with. */
  async readNew(
    connection: Connection,
    body: RegisterGatewayBody,
    credential: UpstreamCredential | null | undefined,
  ): Promise<Discovery> {
    const prefix = prefixOf({ slug: connection.slug, toolPrefix: body.toolPrefix ?? null });
    const source = sourceFrom(body.grpc ?? {}, NEW);
    return this.read(connection, source, handedOverIn(body), { prefix, ...shown(credential) });
  }

  /** What is known of a new one that cannot be reached. */
  unreached(body: RegisterGatewayBody, error: unknown): Discovery {
    const grpc = { source: sourceFrom(body.grpc ?? {}, NEW), descriptorSet: null };
    return { ...failedDiscovery('GRPC', error), grpc };
  }

  /** Whether an update says anything that the server has to be read anew for. `moves`: it is reached in another way. */
  isRead({ transport, grpcSource }: GatewayEntity, { grpc }: UpdateGatewayBody, moves: boolean): boolean {
    if (transport !== 'GRPC') return false;
    const before = grpcSource ?? NEW;
    const isOther = grpc !== undefined && !isDeepStrictEqual(sourceFrom(grpc, before), before);
    return isOther || handedOverIn({ grpc }) !== undefined || (moves && before.reflection);
  }

  /** Throws as `readNew` does. */
  async readChanged(
    before: GatewayEntity,
    connection: Connection,
    body: UpdateGatewayBody,
    credential?: UpstreamCredential | null,
  ): Promise<Discovery> {
    const prefix = prefixOf({
      slug: slugFor(body, before),
      toolPrefix: body.toolPrefix === undefined ? before.toolPrefix : body.toolPrefix,
    });
    const source = sourceFrom(body.grpc ?? {}, before.grpcSource ?? NEW);
    const terms = { prefix, pinnedNames: await this.namesOf(before), ...shown(credential) };
    return this.read(connection, source, handedOverIn(body), terms);
  }

  /** Reads the server of a gateway anew. Throws `http.conflict` where its descriptors were handed over. */
  async reread(gateway: GatewayEntity): Promise<Discovery> {
    const terms = { prefix: prefixOf(gateway), pinnedNames: await this.namesOf(gateway) };
    return this.read(gateway, gateway.grpcSource ?? NEW, undefined, terms);
  }

  private async read(
    connection: Connection,
    source: GrpcSource,
    handedOver: HandedOver | undefined,
    terms: GrpcTerms,
  ): Promise<Discovery> {
    if (!source.reflection && handedOver === undefined) {
      throw fail('http.conflict', {
        message:
          'The descriptors were handed over: hand them over again to refresh (PUT with grpc.descriptorSet or grpc.protoFiles)',
      });
    }
    const askedAt = new Date();
    const reading: ReadGrpc = await this.servers.read(profileOf(connection), source, handedOver, terms);
    return { discovered: discoveredFrom(reading, 'GRPC'), askedAt, reading, grpc: reading.grpc };
  }

  private async namesOf(gateway: GatewayEntity): Promise<Map<string, string>> {
    return pinnedNames(await this.entries.findOf(gateway.id));
  }
}

const shown = (credential: UpstreamCredential | null | undefined) => (credential === undefined ? {} : { credential });

const handedOverIn = ({ grpc }: { readonly grpc?: GrpcBody | undefined }): HandedOver | undefined =>
  grpc?.descriptorSet === undefined && grpc?.protoFiles === undefined ? undefined : grpc;

/** What a body says of how the server is read; what it leaves out stays. */
const sourceFrom = (body: GrpcBody, before: GrpcSource): GrpcSource => {
  const { descriptorSet, protoFiles, services = before.services, protoFieldNames = before.protoFieldNames } = body;
  const given = [descriptorSet, protoFiles, body.reflection || undefined].filter((each) => each !== undefined);
  if (given.length > 1)
    throw fail('http.invalid', { message: 'grpc: give one of descriptorSet, protoFiles and reflection' });
  const isHandedOver = descriptorSet !== undefined || protoFiles !== undefined;
  const reflection = !isHandedOver && (body.reflection ?? before.reflection);
  if (!reflection && !isHandedOver && before.reflection)
    throw fail('http.invalid', {
      message: 'grpc.descriptorSet or grpc.protoFiles is needed where there is no reflection',
    });
  return { reflection, services: [...services], protoFieldNames };
};
