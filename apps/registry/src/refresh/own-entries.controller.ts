import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import type { PayloadOf, ReplyOf, RequestOf } from '#contracts/define';
import { ShowEntries } from '#contracts/registry/show-entries.request';
import { OwnListsChanged } from '#contracts/tool-invocation/own-lists.request';
import { Answers, Subscribes } from '#libs/bus';
import { InjectLogger, type Logger } from '#libs/telemetry';
import { OwnEntriesService } from './own-entries.service.js';

/** What an upstream lists to some of its callers alone. */
@Controller()
export class OwnEntriesController {
  constructor(
    private readonly ownEntries: OwnEntriesService,
    @InjectLogger() private readonly logger: Logger,
  ) {}

  @Answers(ShowEntries)
  show(@Payload() { upstreamId, entries }: RequestOf<typeof ShowEntries>): Promise<ReplyOf<typeof ShowEntries>> {
    return this.ownEntries.show(upstreamId, entries);
  }

  @Subscribes(OwnListsChanged, { group: 'registry' })
  changed(@Payload() { upstreamId }: PayloadOf<typeof OwnListsChanged>): void {
    this.ownEntries
      .note(upstreamId)
      .catch((error: unknown) => this.logger.warn({ err: error, upstreamId }, 'a finding could not be stored'));
  }
}
