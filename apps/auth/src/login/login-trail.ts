import { Injectable } from '@nestjs/common';
import { PendingEvents } from '#libs/storage';
import { AccountEvents } from '../account-events/account-events.service.js';

const loginOf = (email: string) => ({ resourceType: 'login', resourceId: email });

/** Notes who logged in and who tried to: for the owner of the account, and for the audit trail. E-mails are in lower case. */
@Injectable()
export class LoginTrail {
  constructor(
    private readonly events: AccountEvents,
    private readonly audit: PendingEvents,
  ) {}

  /** Owners hear of accounts that are here, and of no more attempts than lock an address out of one. */
  async refused(email: string, address: string, isKnown: boolean): Promise<void> {
    if (isKnown)
      await this.events.note({ userEmail: email, eventType: 'login', address, failureReason: 'wrong password' });
    await this.audit.note({ ...loginOf(email), action: 'login.refused', after: { address, known: isKnown } });
  }

  /** Of whom it is not certain who they are. */
  async refusedBy(providerId: string, address: string, reason: string): Promise<void> {
    await this.audit.note({ ...loginOf(`sso:${providerId}`), action: 'login.refused', after: { address, reason } });
  }

  async succeeded(email: string, address: string, tokenId: string): Promise<void> {
    await this.events.note({ userEmail: email, eventType: 'login', address });
    await this.audit.note({ ...loginOf(email), action: 'login.succeeded', after: { tokenId } });
  }

  /** The audit trail has it as a user who was made. */
  registered(email: string, address: string): Promise<void> {
    return this.events.note({ userEmail: email, eventType: 'registration', address });
  }
}
