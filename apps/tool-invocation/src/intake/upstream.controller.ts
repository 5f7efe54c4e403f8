import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { Answers, type CallContext, Ctx, Subscribes } from '#libs/bus';
import { DiscoverUpstream } from '#contracts/tool-invocation/discover-upstream.request';
import type { FrameOf, PayloadOf, ReplyOf, RequestOf } from '#contracts/define';
import { UpstreamChanged } from '#contracts/registry/catalog-changed.event';
import { UpstreamConsentChanged, UpstreamCredentialChanged } from '#contracts/auth/credential-revoked.event';
import { ClaimSession, ReleaseSession } from '#contracts/tool-invocation/claim-session.request';
import { DescribeOwnLists } from '#contracts/tool-invocation/own-lists.request';
import { WatchUpstream } from '#contracts/tool-invocation/watch-upstream.request';
import { WatchTasks } from '#contracts/tool-invocation/watch-tasks.request';
import { DiscoveryService } from '../discovery/discovery.service.js';
import { TaskWatchService } from '../execution/task-watch.service.js';
import { OwnListsService } from '../discovery/own-lists.service.js';
import { WatchService } from '../discovery/watch.service.js';
import { UpstreamDirectory } from '../upstreams/upstream-directory.js';

@Controller()
export class UpstreamController {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly watching: WatchService,
    private readonly taskWatching: TaskWatchService,
    private readonly ownLists: OwnListsService,
    private readonly directory: UpstreamDirectory,
  ) {}

  @Answers(DiscoverUpstream)
  discover(@Payload() request: RequestOf<typeof DiscoverUpstream>) {
    return this.discovery.discover(request);
  }

  @Answers(DescribeOwnLists)
  describeOwnLists(@Payload() request: RequestOf<typeof DescribeOwnLists>) {
    return this.ownLists.describe(request);
  }

  @Answers(WatchUpstream)
  watch(
    @Payload() request: RequestOf<typeof WatchUpstream>,
    @Ctx() context: CallContext<FrameOf<typeof WatchUpstream>>,
  ) {
    return this.watching.watch(request, context);
  }

  @Answers(WatchTasks)
  watchTasks(
    @Payload() request: RequestOf<typeof WatchTasks>,
    @Ctx() context: CallContext<FrameOf<typeof WatchTasks>>,
  ) {
    return this.taskWatching.watch(request, context);
  }

  @Answers(ClaimSession)
  async hold(@Payload() { upstreamId, key }: RequestOf<typeof ClaimSession>): Promise<ReplyOf<typeof ClaimSession>> {
    (await this.directory.upstream(upstreamId)).claim(key);
    return { claimed: true };
  }

  @Answers(ReleaseSession)
  async release(
    @Payload() { upstreamId, key }: RequestOf<typeof ReleaseSession>,
  ): Promise<ReplyOf<typeof ReleaseSession>> {
    (await this.directory.upstream(upstreamId)).release(key);
    return { released: true };
  }

  @Subscribes(UpstreamChanged)
  upstreamChanged(@Payload() { upstreamId, change }: PayloadOf<typeof UpstreamChanged>) {
    this.directory.upstreamChanged(upstreamId, change);
  }

  @Subscribes(UpstreamConsentChanged)
  consentChanged(@Payload() { upstreamId, principalId, isCatalogs }: PayloadOf<typeof UpstreamConsentChanged>) {
    this.directory.consentChanged(upstreamId, principalId, isCatalogs);
  }

  @Subscribes(UpstreamCredentialChanged)
  credentialChanged(@Payload() { upstreamId }: PayloadOf<typeof UpstreamCredentialChanged>) {
    this.directory.credentialChanged(upstreamId);
  }
}
