import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { Answers } from '#libs/bus';
import { DescribeUpstreamTokens } from '#contracts/auth/oauth/describe-upstream-tokens.request';
import { WantUpstreamScopes } from '#contracts/auth/oauth/want-upstream-scopes.request';
import type { ReplyOf, RequestOf } from '#contracts/define';
import { WantedScopes } from './wanted-scopes.service.js';
import { UpstreamTokenService } from './upstream-token.service.js';

/** The bus's door to how the access tokens of upstreams stand. */
@Controller()
export class UpstreamTokenController {
  constructor(
    private readonly tokens: UpstreamTokenService,
    private readonly scopes: WantedScopes,
  ) {}

  @Answers(DescribeUpstreamTokens)
  async describe(
    @Payload() { upstreamIds, userEmail = '' }: RequestOf<typeof DescribeUpstreamTokens>,
  ): Promise<ReplyOf<typeof DescribeUpstreamTokens>> {
    return { tokens: await this.tokens.states(upstreamIds, userEmail) };
  }

  @Answers(WantUpstreamScopes)
  async want(
    @Payload() { upstreamId, principalId, scopes }: RequestOf<typeof WantUpstreamScopes>,
  ): Promise<ReplyOf<typeof WantUpstreamScopes>> {
    await this.scopes.want({ upstreamId, userEmail: principalId }, scopes);
    return { helps: false };
  }
}
