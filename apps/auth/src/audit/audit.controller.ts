import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { CollectAuthAudit } from '#contracts/auth/collect-audit.request';
import type { ReplyOf, RequestOf } from '#contracts/define';
import { Answers } from '#libs/bus';
import { PendingEvents } from '#libs/storage';

/** The bus's door to what waits for the audit trail. */
@Controller()
export class AuditController {
  constructor(private readonly events: PendingEvents) {}

  @Answers(CollectAuthAudit)
  collect(@Payload() collection: RequestOf<typeof CollectAuthAudit>): Promise<ReplyOf<typeof CollectAuthAudit>> {
    return this.events.collect(collection);
  }
}
