import { defineRequest } from '../define.js';

/** What a gRPC server has, and how its tools are called. */
export interface GrpcApi {
  /** By the upstream's own name of a tool: `/shop.v1.Shop/GetItem`. */
  readonly paths: Readonly<Record<string, string>>;
  /** Results spell fields as the `.proto` does. */
  readonly protoFieldNames: boolean;
}

/**
 * The body of the reply is a `google.protobuf.FileDescriptorSet` in base64. Failure: `upstream.unknown` (also for an upstream
 * that is no gRPC server, or is disabled).
 */
export const ResolveGrpcApi = defineRequest<{ readonly upstreamId: string }, GrpcApi>('registry', 'grpc-api.resolve', {
  deadlineMs: 5_000,
});
