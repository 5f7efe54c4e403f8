import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { UpstreamCredential } from '#contracts/auth/upstream-credential.request';
import type { UpstreamProfile } from '#contracts/registry/resolve-upstream.request';
import { ReflectGrpc } from '#contracts/tool-invocation/reflect-grpc.request';
import { type Bus, InjectBus } from '#libs/bus';
import { fail } from '#libs/errors';
import type { ApiReading, ApiTool } from '../api-reading.js';
import type { GrpcBody } from './grpc.body.js';
import type { GrpcReading, GrpcSource } from './grpc-source.js';

/** What of one gateway a reading depends on. */
export interface GrpcTerms {
  /** What its names begin with. */
  readonly prefix: string;
  /** Names that methods were given before, by key. */
  readonly pinnedNames?: ReadonlyMap<string, string>;
  /** What is presented to the server; when absent auth is asked for it. */
  readonly credential?: UpstreamCredential | null;
}

/** What describes a server in the place of its reflection: a `FileDescriptorSet` in base64, or the files that one is made of. */
export type HandedOver = Pick<GrpcBody, 'descriptorSet' | 'protoFiles'>;

export type ReadGrpc = ApiReading & { readonly grpc: GrpcReading };

/** How a stored tool of a gRPC server is known. */
export interface GrpcToolSource {
  /** `/shop.v1.Shop/GetItem` */
  readonly key: string;
}

/** Reads gRPC servers, by reflection or from descriptors that are handed over. What reads them is loaded with the first. */
@Injectable()
export class GrpcSourceService {
  constructor(@InjectBus() private readonly bus: Bus) {}

  /** Throws `http.invalid`, and what asking the server fails with. */
  async read(
    profile: UpstreamProfile,
    source: GrpcSource,
    handedOver: HandedOver | undefined,
    { prefix, pinnedNames, credential }: GrpcTerms,
  ): Promise<ReadGrpc> {
    const grpc = await import('#libs/grpc');
    const { descriptorSet, protoFiles } = handedOver ?? {};
    const text = descriptorSet ?? (protoFiles ? undefined : await this.reflected(profile, source, credential));
    try {
      const files =
        text === undefined ? await grpc.filesInProtos(protoFiles ?? []) : grpc.filesInSet(Buffer.from(text, 'base64'));
      const descriptors = grpc.readDescriptors(files);
      assertKnown(source.services, (name) => descriptors.registry.getService(name) !== undefined);
      const { tools, skipped } = await grpc.importMethods(descriptors, {
        ...source,
        prefixChars: prefix.length,
        ...(pinnedNames !== undefined && { pinnedNames }),
      });
      const refused = [
        ...skipped.map(({ key, reason }) => ({ list: 'tools', name: key, reason })),
        ...descriptors.opaque.map((name) => ({ list: 'tools', name, reason: OPAQUE })),
      ];
      return {
        baseUrl: profile.url ?? '',
        source: null,
        serverInfo: {},
        tools: tools.map(apiToolOf),
        refused,
        grpc: { source, descriptorSet: Buffer.from(grpc.storedDescriptors(descriptors)) },
      };
    } catch (error) {
      if (!(error instanceof grpc.DescriptorsRefused)) throw error;
      const member = protoFiles === undefined ? 'descriptorSet' : 'protoFiles';
      if (handedOver !== undefined) throw fail('http.invalid', { message: `grpc.${member}: ${error.message}` });
      throw fail('upstream.invalid_answer', { message: error.message, executed: 'no' });
    }
  }

  private async reflected(
    profile: UpstreamProfile,
    { services }: GrpcSource,
    credential: UpstreamCredential | null | undefined,
  ): Promise<string> {
    const { body } = await this.bus.ask(ReflectGrpc, {
      profile,
      services,
      ...(credential !== undefined && { credential }),
    });
    return body?.toString() ?? '';
  }
}

const OPAQUE = 'the server does not describe the type of this field: it is shown as its bytes, or its number';

const apiToolOf = ({ key, name, description, inputSchema, annotations }: Omit<ShownTool, 'source'>): ApiTool => ({
  name,
  definition: JSON.stringify({ name, description, inputSchema, annotations }),
  source: JSON.stringify({ key } satisfies GrpcToolSource),
  startsDisabled: false,
});

interface ShownTool {
  readonly key: string;
  readonly name: string;
  readonly description: string;
  readonly inputSchema: object;
  readonly annotations: object;
}

const assertKnown = (services: readonly string[], isKnown: (name: string) => boolean): void => {
  const unknown = services.find((name) => !isKnown(name));
  if (unknown !== undefined)
    throw fail('http.invalid', { message: `grpc.services: the server has no service ${unknown.slice(0, 200)}` });
};

/** Changes whenever a message would be written or read in another way. */
export const digestOf = (descriptorSet: Buffer): string =>
  createHash('sha256').update(descriptorSet).digest('base64url');
