import { Injectable } from '@nestjs/common';
import type { CallRecord } from '#contracts/metrics/record-calls.request';
import { CallQueue } from '../queue/call-queue.service.js';
import { RefusedRecords } from '../records/refused-records.service.js';
import { toColumns } from '../records/call-columns.js';
import { distinct, flawOf } from './call-record.validation.js';

/** Takes batches in; what is no record of a call is kept aside, so that its batch is not held up by it. */
@Injectable()
export class CallIntake {
  constructor(
    private readonly queue: CallQueue,
    private readonly refused: RefusedRecords,
  ) {}

  /** Resolves with the number of records that are in the tables, once they are. */
  async record(records: readonly unknown[], deadlineAtMs: number): Promise<number> {
    const sound: CallRecord[] = [];
    for (const record of records) {
      const flaw = flawOf(record);
      if (flaw === null) sound.push(record as CallRecord);
      else await this.refused.keep(record, flaw);
    }
    if (sound.length === 0) return 0;
    return sound.length - (await this.queue.write(toColumns(distinct(sound)), deadlineAtMs));
  }
}
