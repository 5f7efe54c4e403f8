import { Injectable } from '@nestjs/common';
import type { Principal } from '#contracts/auth/principal';
import { fail } from '#libs/errors';
import { PendingEvents } from '#libs/storage';
import { AuditCollector } from '../audit/audit-collector.service.js';
import { checkSeesAll } from '../audit/audit-log.service.js';
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

  /**
   * Throws `auth.grant_missing` for a token that does not reach every team, and for who would erase themselves;
   * `platform.not_ready` while a service may still have events that name the person.
   */
  async erase(person: string, caller: Principal): Promise<ErasureView> {
    checkSeesAll(caller);
    if (person === caller.id.toLowerCase())
      throw fail('auth.grant_missing', { message: 'What you did yourself is erased by somebody else' });
    const behind = await this.collector.collect();
    if (behind.length > 0)
      throw fail('platform.not_ready', { message: `Events of ${behind.join(', ')} are not in the audit trail yet` });
    const erased = {
      calls: await this.calls.erase(person),
      auditRecords: await this.trail.erase(person),
      logLines: await this.calls.eraseLines(person),
    };
    await this.audit.note({ action: 'person.erased', resourceType: 'person', after: erased });
    return erased;
  }
}
