import { Injectable } from '@nestjs/common';
import type { CallRecord } from '#contracts/metrics/record-calls.request';
import { InjectLogger, type Logger } from '#libs/telemetry';
import { CallInstruments } from './call.instruments.js';
import { CallsRepository } from './calls.repository.js';

/** Keeps aside records that can never be stored: a table for a person to look at, a log line and a counter. */
@Injectable()
export class RefusedRecordsService {
  constructor(
    private readonly calls: CallsRepository,
    private readonly instruments: CallInstruments,
    @InjectLogger() private readonly logger: Logger,
  ) {}

  async keep(record: unknown, reason: string): Promise<void> {
    await this.calls.keepRefused(record, reason);
    const callId = (record as Partial<CallRecord> | null | undefined)?.callId;
    this.logger.error(
      { callId: typeof callId === 'string' ? callId.slice(0, 128) : null, reason },
      'refused a call record',
    );
    this.instruments.refused();
  }
}
