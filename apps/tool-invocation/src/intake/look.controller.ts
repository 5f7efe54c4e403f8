import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import type { ReplyOf, RequestOf } from '#contracts/define';
import { DescribeUse } from '#contracts/tool-invocation/describe-use.request';
import { GreetUpstream } from '#contracts/tool-invocation/greet-upstream.request';
import { Answers } from '#libs/bus';
import { GreetingService } from '../discovery/greeting.service.js';
import { UpstreamDirectory } from '../upstreams/upstream-directory.js';

const NOTHING_OPEN = { conversations: 0, running: 0, waiting: 0, breakerOpen: false };

/** How an upstream is, asked before something is done. */
@Controller()
export class LookController {
  constructor(
    private readonly greetings: GreetingService,
    private readonly directory: UpstreamDirectory,
  ) {}

  @Answers(GreetUpstream)
  greet(@Payload() { upstreamId }: RequestOf<typeof GreetUpstream>): Promise<ReplyOf<typeof GreetUpstream>> {
    return this.greetings.greet(upstreamId);
  }

  @Answers(DescribeUse)
  async describeUse(@Payload() { upstreamId }: RequestOf<typeof DescribeUse>): Promise<ReplyOf<typeof DescribeUse>> {
    const figures = this.directory.figuresOf(upstreamId) ?? NOTHING_OPEN;
    const { conversations, running, waiting, breakerOpen } = figures;
    return { conversations, running, waiting, breakerOpen };
  }
}
