import { Controller, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { Subscribes } from '#libs/bus';
import type { PayloadOf } from '#contracts/define';
import { UpstreamListChanged } from '#contracts/tool-invocation/upstream-list-changed.event';
import { InjectLogger, type Logger } from '#libs/telemetry';
import { RefreshService } from './refresh.service.js';

/** Upstreams announce every list apart, and often several times over: what comes within this is one refresh. */
const DEBOUNCE_MS = 250;

/** An upstream's lists have changed. One replica hears of it; if another is refreshing that upstream, it goes on. */
@Controller()
export class UpstreamListController implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly due = new Map<string, NodeJS.Timeout>();

  constructor(
    private readonly refreshing: RefreshService,
    @InjectLogger() private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.refreshing.resumeAll().catch((error: unknown) => this.report(error));
  }

  onApplicationShutdown(): void {
    for (const timer of this.due.values()) clearTimeout(timer);
    this.due.clear();
  }

  @Subscribes(UpstreamListChanged, { group: 'registry' })
  listChanged(@Payload() { upstreamId }: PayloadOf<typeof UpstreamListChanged>): void {
    if (this.due.has(upstreamId)) return;
    const timer = setTimeout(() => {
      this.due.delete(upstreamId);
      this.refreshing.refreshIfFree(upstreamId).catch((error: unknown) => this.report(error, upstreamId));
    }, DEBOUNCE_MS);
    this.due.set(upstreamId, timer.unref());
  }

  private report(error: unknown, upstreamId?: string): void {
    this.logger.warn({ err: error, upstreamId }, 'a refresh could not be begun');
  }
}
