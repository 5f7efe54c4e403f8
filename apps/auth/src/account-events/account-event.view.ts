import { ApiProperty } from '@nestjs/swagger';
import { ACCOUNT_EVENTS, type AccountEvent, type AccountEventType } from './account-event.entity.js';

export class AccountEventView {
  @ApiProperty({ type: 'integer', example: 1 })
  id!: number;

  @ApiProperty({ type: String, format: 'date-time' })
  timestamp!: Date;

  @ApiProperty({ type: String, format: 'email', example: 'ann@example.org' })
  user_email!: string;

  @ApiProperty({ enum: ACCOUNT_EVENTS })
  event_type!: AccountEventType;

  @ApiProperty({ type: Boolean, example: true })
  success!: boolean;

  @ApiProperty({ type: String, nullable: true, example: '203.0.113.7', description: 'Of IPv6 its /64.' })
  ip_address!: string | null;

  @ApiProperty({ type: String, nullable: true, example: null })
  failure_reason!: string | null;
}

export const accountEventView = (event: AccountEvent): AccountEventView => ({
  id: Number(event.id),
  timestamp: event.happenedAt,
  user_email: event.userEmail,
  event_type: event.eventType,
  success: event.success,
  ip_address: event.address === '' ? null : event.address,
  failure_reason: event.failureReason,
});
