import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import type { ReplyOf, RequestOf } from '#contracts/define';
import { ResolveGrpcApi } from '#contracts/registry/resolve-grpc-api.request';
import { type HttpToolSource, ResolveHttpTool } from '#contracts/registry/resolve-http-tool.request';
import { type OwnContent, ResolveOwnContent } from '#contracts/registry/resolve-own-content.request';
import { ResolveUpstream, type UpstreamProfile } from '#contracts/registry/resolve-upstream.request';
import { ShowGateways } from '#contracts/registry/show-gateways.request';
import { Answers } from '#libs/bus';
import { originOf } from './addresses/origin.js';
import { GrpcApiService } from './grpc/grpc-api.service.js';
import { GatewayService } from './gateway.service.js';

/** Tells other services what there is, and how an upstream is reached. */
@Controller()
export class UpstreamProfileController {
  constructor(
    private readonly gateways: GatewayService,
    private readonly grpc: GrpcApiService,
  ) {}

  @Answers(ResolveUpstream)
  resolve(@Payload() { upstreamId }: RequestOf<typeof ResolveUpstream>): Promise<UpstreamProfile> {
    return this.gateways.resolve(upstreamId);
  }

  @Answers(ShowGateways)
  async show(
    @Payload() { gatewayIds, principal }: RequestOf<typeof ShowGateways>,
  ): Promise<ReplyOf<typeof ShowGateways>> {
    const seen = await this.gateways.findSeen(gatewayIds, principal);
    return {
      gateways: seen.map(({ id, name, url }) => ({ id, name, origin: url === null ? null : originOf(url) })),
    };
  }

  @Answers(ResolveOwnContent)
  resolveOwn(@Payload() { upstreamId }: RequestOf<typeof ResolveOwnContent>): Promise<OwnContent> {
    return this.gateways.resolveOwn(upstreamId);
  }

  @Answers(ResolveGrpcApi)
  async resolveGrpc(@Payload() { upstreamId }: RequestOf<typeof ResolveGrpcApi>) {
    return this.grpc.describe(await this.gateways.findEnabled(upstreamId));
  }

  @Answers(ResolveHttpTool)
  resolveTool(@Payload() { upstreamId, name }: RequestOf<typeof ResolveHttpTool>): Promise<HttpToolSource> {
    return this.gateways.resolveTool(upstreamId, name);
  }
}
