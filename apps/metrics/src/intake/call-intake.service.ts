import { Inject, Injectable } from '@nestjs/common';
import type { CallRecord } from '#contracts/metrics/record-calls.request';
import { type MetricsSettings, SETTINGS } from '../metrics.settings.js';
import { CallQueueService } from '../queue/call-queue.service.js';
import { RefusedRecordsService } from '../records/refused-records.service.js';
import { toColumnsInTurns } from '../records/call-columns.js';
import { TapService } from '../tap/tap.service.js';
import { distinct, validateCallRecord } from './call-record.validation.js';

/** Takes batches in; what is not a valid record is kept aside, so that it does not hold up its batch. */
@Injectable()
export class CallIntakeService {
  constructor(
    private readonly queue: CallQueueService,
    private readonly refused: RefusedRecordsService,
    private readonly tap: TapService,
    @Inject(SETTINGS) private readonly settings: MetricsSettings,
  ) {}

  /**
   * Resolves with the number of records that are in the tables, once they are. Rejects with `platform.not_ready` when that
   * does not happen before `deadlineAtMs` (of `performance.now()`).
   */
  async record(records: readonly unknown[], deadlineAtMs: number): Promise<number> {
    const sound: CallRecord[] = [];
    for (const record of records) {
      const problem = validateCallRecord(record);
      if (problem === null) sound.push(record as CallRecord);
      else await this.refused.keep(record, problem);
    }
    if (sound.length === 0) return 0;
    const taken = distinct(sound);
    const kept = this.settings.keepsTokens ? taken : taken.map((record) => ({ ...record, tokenId: null }));
    const unwritten = await this.queue.write(await toColumnsInTurns(kept), deadlineAtMs);
    this.tap.offer(taken);
    return sound.length - unwritten;
  }
}
