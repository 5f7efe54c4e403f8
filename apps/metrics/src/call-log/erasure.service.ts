import { Injectable } from '@nestjs/common';
import { PendingEvents } from '#libs/storage';
import { AuditCollector } from '../audit/audit-collector.service.js';
import { AuditTrailRepository } from '../audit/audit-trail.repository.js';
import type { ErasureView } from './call.view.js';
import { ErasureRepository } from './erasure.repository.js';

/** Takes a person out of everything that metrics keeps. That somebody was erased is in the audit trail, who it was is not. */
@Injectable()
export class ErasureService {
  constructor(
    private readonly calls: ErasureRepository,
    private readonly collector: AuditCollector,
    private readonly trail: AuditTrailRepository,
    private readonly audit: PendingEvents,
  ) {}

  async erase(person: string): Promise<ErasureView> {
    await this.collector.collect();
    const erased = { calls: await this.calls.erase(person), auditRecords: await this.trail.erase(person) };
    await this.audit.note({ action: 'person.erased', resourceType: 'person', after: erased });
    return erased;
  }
}
