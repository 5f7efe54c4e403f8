import type { GrpcApi } from '#contracts/registry/resolve-grpc-api.request';
import { fail } from '#libs/errors';
import { GrpcMethod, methodAt, restoredDescriptors } from '#libs/grpc';

/** A `GrpcApi` and its descriptors in base64. */
export interface ResolvedApi {
  readonly api: GrpcApi;
  readonly descriptors: string;
}

/** The methods of one server, by the names of their tools. */
export class GrpcMethods {
  private readonly ready = new Map<string, GrpcMethod>();
  readonly registry: ReturnType<typeof restoredDescriptors>;

  constructor(private readonly resolved: ResolvedApi) {
    this.registry = restoredDescriptors(Buffer.from(resolved.descriptors, 'base64'));
  }

  /** Throws `registry.tool_unknown`. */
  find(name: string): GrpcMethod {
    const known = this.ready.get(name);
    if (known !== undefined) return known;
    const { paths, protoFieldNames } = this.resolved.api;
    const path = Object.hasOwn(paths, name) ? paths[name] : undefined;
    const method = path === undefined ? null : methodAt(this.registry, path, protoFieldNames);
    if (method === null) throw fail('registry.tool_unknown', { executed: 'no' });
    this.ready.set(name, method);
    return method;
  }
}
