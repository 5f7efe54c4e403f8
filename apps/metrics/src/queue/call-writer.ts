import { Injectable } from '@nestjs/common';
import type { CallRecord } from '#libs/contracts';
import { databaseFailure } from '#libs/storage';
import { CallInstruments } from '../exposition/call.instruments.js';
import { CallsRepository } from '../storage/calls.repository.js';
import { RefusedRecords } from './refused-records.js';

/** Writes batches; a record that cannot be written is found and kept aside, and the rest of its batch goes through. */
@Injectable()
export class CallWriter {
  constructor(
    private readonly calls: CallsRepository,
    private readonly instruments: CallInstruments,
    private readonly refused: RefusedRecords,
  ) {}

  /** Gives the number of refused records. Rejects when the database is unavailable: the batch comes again. */
  async write(records: readonly CallRecord[]): Promise<number> {
    if (records.length === 0) return 0;
    try {
      const fresh = await this.calls.write(records);
      // Here and nowhere else: a record that comes again is not fresh, so it counts once.
      for (const record of records) if (fresh.has(record.callId)) this.instruments.count(record);
      return 0;
    } catch (error) {
      if (databaseFailure(error) !== null) throw error;
      if (records.length > 1) return this.halve(records);
      await this.refused.keep(records[0], error instanceof Error ? error.message : String(error));
      return 1;
    }
  }

  private async halve(records: readonly CallRecord[]): Promise<number> {
    const half = Math.ceil(records.length / 2);
    return (await this.write(records.slice(0, half))) + (await this.write(records.slice(half)));
  }
}
