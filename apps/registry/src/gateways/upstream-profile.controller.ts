import { Controller, UseInterceptors } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import type { RequestOf } from '#contracts/define';
import { ResolveUpstream, type UpstreamProfile } from '#contracts/registry/resolve-upstream.request';
import { Answers } from '#libs/bus';
import { DatabaseFailureInterceptor } from '../storage/database-failure.interceptor.js';
import { GatewayService } from './gateway.service.js';

/** Tells other services how an upstream is reached. */
@Controller()
@UseInterceptors(DatabaseFailureInterceptor)
export class UpstreamProfileController {
  constructor(private readonly gateways: GatewayService) {}

  @Answers(ResolveUpstream)
  resolve(@Payload() { upstreamId }: RequestOf<typeof ResolveUpstream>): Promise<UpstreamProfile> {
    return this.gateways.resolve(upstreamId);
  }
}
