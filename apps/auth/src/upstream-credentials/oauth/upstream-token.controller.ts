import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { Answers } from '#libs/bus';
import { DescribeUpstreamTokens } from '#contracts/auth/oauth/describe-upstream-tokens.request';
import type { ReplyOf, RequestOf } from '#contracts/define';
import { UpstreamTokenService } from './upstream-token.service.js';

/** The bus's door to how the access tokens of upstreams stand. */
@Controller()
export class UpstreamTokenController {
  constructor(private readonly tokens: UpstreamTokenService) {}

  @Answers(DescribeUpstreamTokens)
  async describe(
    @Payload() { upstreamIds, userEmail = '' }: RequestOf<typeof DescribeUpstreamTokens>,
  ): Promise<ReplyOf<typeof DescribeUpstreamTokens>> {
    return { tokens: await this.tokens.states(upstreamIds, userEmail) };
  }
}
