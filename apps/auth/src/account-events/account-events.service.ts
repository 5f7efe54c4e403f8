import { Injectable } from '@nestjs/common';
import { InjectLogger, type Logger } from '#libs/telemetry';
import type { AccountEvent } from './account-event.entity.js';
import { AccountEventRepository, type NewAccountEvent } from './account-event.repository.js';

/** What happened to accounts: who logged in from where, and what changed. Kept for 90 days. */
@Injectable()
export class AccountEvents {
  constructor(
    private readonly events: AccountEventRepository,
    @InjectLogger() private readonly logger: Logger,
  ) {}

  /** Never rejects: what happened has happened. */
  async note(event: NewAccountEvent): Promise<void> {
    try {
      await this.events.add(event);
    } catch (error) {
      this.logger.error({ err: error, eventType: event.eventType }, 'what happened to an account could not be noted');
    }
  }

  /** Newest first; of a user where one is named, else everybody's. */
  list(userEmail: string | null, limit: number, offset: number): Promise<readonly AccountEvent[]> {
    return this.events.list(userEmail?.toLowerCase() ?? null, limit, offset);
  }
}
