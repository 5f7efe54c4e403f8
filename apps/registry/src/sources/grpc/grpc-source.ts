/** How a gRPC server was read, so that it can be read again. */
export interface GrpcSource {
  /** False: its descriptors were handed over. */
  readonly reflection: boolean;
  /** Whole names; empty: all but those that describe the server itself. */
  readonly services: readonly string[];
  /** Arguments and results spell fields as the `.proto` does. */
  readonly protoFieldNames: boolean;
}

/** What was read of a gRPC server besides its tools. */
export interface GrpcReading {
  readonly source: GrpcSource;
  /** A `google.protobuf.FileDescriptorSet`; null: it could not be reached. */
  readonly descriptorSet: Buffer | null;
}
