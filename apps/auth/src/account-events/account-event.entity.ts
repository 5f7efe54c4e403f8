import { Column, Entity, PrimaryColumn } from 'typeorm';

export const ACCOUNT_EVENTS = [
  'login',
  'registration',
  'password_change',
  'password_reset_requested',
  'password_reset_completed',
  'account_unlocked',
] as const;

export type AccountEventType = (typeof ACCOUNT_EVENTS)[number];

/** What happened to an account that its owner would want to know. */
@Entity({ schema: 'auth', name: 'account_events' })
export class AccountEvent {
  /** Grows with time; a text, since it has 64 bits. */
  @PrimaryColumn('bigint', { generated: 'identity' })
  id!: string;

  @Column('timestamptz', { default: () => 'now()' })
  happenedAt!: Date;

  @Column('text')
  userEmail!: string;

  @Column('text')
  eventType!: AccountEventType;

  @Column('boolean')
  success!: boolean;

  /** Of the client, or its network; `''` where it is not known. */
  @Column('text')
  address!: string;

  /** A word or two; absent where it succeeded. */
  @Column('text', { nullable: true })
  failureReason!: string | null;
}
