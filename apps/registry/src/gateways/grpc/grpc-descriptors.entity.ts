import { Column, Entity, PrimaryColumn } from 'typeorm';

/** What a gRPC server has. It goes with its gateway. */
@Entity({ schema: 'registry', name: 'grpc_descriptors' })
export class GrpcDescriptorsEntity {
  @PrimaryColumn({ type: 'text' })
  gatewayId!: string;

  /** A `google.protobuf.FileDescriptorSet`. */
  @Column({ type: 'bytea' })
  descriptorSet!: Buffer;
}
