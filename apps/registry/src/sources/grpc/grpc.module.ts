import { Module } from '@nestjs/common';
import { GrpcSourceService } from './grpc-source.service.js';

/** gRPC servers. */
@Module({ providers: [GrpcSourceService], exports: [GrpcSourceService] })
export class GrpcModule {}
