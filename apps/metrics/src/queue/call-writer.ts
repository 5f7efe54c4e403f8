import { Injectable } from '@nestjs/common';
import type { CallRecord } from '#libs/contracts';
import { databaseFailure } from '#libs/storage';
import { InjectLogger, type Logger } from '#libs/telemetry';
import { CallInstruments } from '../exposition/call.instruments.js';
import { distinct, flawOf, storable } from '../intake/storable.js';
import { CallsRepository } from '../storage/calls.repository.js';

/** Writes batches; what cannot be written is found, kept aside and logged, and the rest of its batch goes through. */
@Injectable()
export class CallWriter {
  constructor(
    private readonly calls: CallsRepository,
    private readonly instruments: CallInstruments,
    @InjectLogger() private readonly logger: Logger,
  ) {}

  /** Gives the number that was written or known. Rejects when the database is unavailable: the batch comes again. */
  async write(records: readonly unknown[]): Promise<number> {
    const sound: CallRecord[] = [];
    let refused = 0;
    for (const record of records) {
      const flaw = flawOf(record);
      if (flaw === null) sound.push(storable(record as CallRecord));
      else {
        refused += 1;
        await this.refuse(record, flaw);
      }
    }
    return records.length - refused - (await this.writeSound(distinct(sound)));
  }

  /** Gives the number of refused records. Halves a batch that the tables refuse until the culprit stands alone. */
  private async writeSound(records: readonly CallRecord[]): Promise<number> {
    if (records.length === 0) return 0;
    try {
      const fresh = await this.calls.write(records);
      // Here and nowhere else: a record that comes again is not fresh, so it counts once.
      for (const record of records) if (fresh.has(record.callId)) this.instruments.count(record);
      return 0;
    } catch (error) {
      if (databaseFailure(error) !== null) throw error;
      if (records.length === 1) {
        await this.refuse(records[0], error instanceof Error ? error.message : String(error));
        return 1;
      }
      const half = Math.ceil(records.length / 2);
      return (await this.writeSound(records.slice(0, half))) + (await this.writeSound(records.slice(half)));
    }
  }

  private async refuse(record: unknown, reason: string): Promise<void> {
    this.instruments.refused();
    const callId = (record as Partial<CallRecord> | null | undefined)?.callId;
    this.logger.error({ callId: typeof callId === 'string' ? callId.slice(0, 128) : null, reason }, 'refused a call record');
    await this.calls.keepRefused(record, reason);
  }
}
