import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { InjectDatabase } from '#libs/storage';
import { AccountEvent } from './account-event.entity.js';

export type NewAccountEvent = Pick<AccountEvent, 'userEmail' | 'eventType' | 'address'> & {
  /** Absent: it succeeded. */
  readonly failureReason?: string;
};

const KEPT = `interval '90 days'`;
const TIDY_MS = 3_600_000;

/** The rows of `auth.account_events`. */
@Injectable()
export class AccountEventRepository {
  private tidiedAtMs = -Infinity;

  constructor(@InjectDatabase('auth') private readonly database: DataSource) {}

  async add({ userEmail, eventType, address, failureReason }: NewAccountEvent): Promise<void> {
    await this.database.query(
      `INSERT INTO auth.account_events (user_email, event_type, success, address, failure_reason)
       VALUES ($1, $2, $3, $4, $5)`,
      [userEmail, eventType, failureReason === undefined, address, failureReason ?? null],
    );
    if (performance.now() - this.tidiedAtMs < TIDY_MS) return;
    this.tidiedAtMs = performance.now();
    await this.database.query(`DELETE FROM auth.account_events WHERE happened_at < now() - ${KEPT}`);
  }

  /** Newest first; without an e-mail, everybody's. */
  list(userEmail: string | null, limit: number, offset: number): Promise<AccountEvent[]> {
    return this.database.getRepository(AccountEvent).find({
      where: userEmail === null ? {} : { userEmail },
      order: { id: 'DESC' },
      take: limit,
      skip: offset,
    });
  }
}
