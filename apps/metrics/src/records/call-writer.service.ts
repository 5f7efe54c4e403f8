import { Injectable } from '@nestjs/common';
import { CallInstruments } from './call.instruments.js';
import { type CallColumns, recordsOf, toColumns } from './call-columns.js';
import { CallsRepository, WriteFailure } from './calls.repository.js';
import { KeptSumsService } from './kept-sums.service.js';
import { RefusedRecordsService } from './refused-records.service.js';

/** Writes batches; a record that cannot be written is found and kept aside, and the rest of its batch goes through. */
@Injectable()
export class CallWriterService {
  constructor(
    private readonly calls: CallsRepository,
    private readonly instruments: CallInstruments,
    private readonly sums: KeptSumsService,
    private readonly refused: RefusedRecordsService,
  ) {}

  /** Answers the number of refused records. Rejects when it is not the records' fault: the batch comes again. */
  async write(columns: CallColumns): Promise<number> {
    try {
      const known = await this.calls.write(columns);
      this.sums.drop();
      // Here and nowhere else: a record that comes again is known by then, so it counts once.
      this.instruments.count(columns, known);
      return 0;
    } catch (error) {
      if (!(error instanceof WriteFailure && error.isAboutData)) throw error;
      return this.isolate(columns, error);
    }
  }

  private async isolate(columns: CallColumns, failure: WriteFailure): Promise<number> {
    const records = recordsOf(columns);
    if (records.length === 1) {
      await this.refused.keep(records[0], failure.message);
      return 1;
    }
    const half = Math.ceil(records.length / 2);
    return (await this.write(toColumns(records.slice(0, half)))) + (await this.write(toColumns(records.slice(half))));
  }
}
