import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { CollectRegistryAudit } from '#contracts/registry/collect-audit.request';
import type { ReplyOf, RequestOf } from '#contracts/define';
import { Answers } from '#libs/bus';
import { PendingEvents } from '#libs/storage';

/** The bus's door to what waits for the audit trail. */
@Controller()
export class AuditController {
  constructor(private readonly events: PendingEvents) {}

  @Answers(CollectRegistryAudit)
  collect(
    @Payload() collection: RequestOf<typeof CollectRegistryAudit>,
  ): Promise<ReplyOf<typeof CollectRegistryAudit>> {
    return this.events.collect(collection);
  }
}
