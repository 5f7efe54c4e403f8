import { Module } from '@nestjs/common';
import { CallInstruments } from './call.instruments.js';
import { CallWriterService } from './call-writer.service.js';
import { CallsRepository } from './calls.repository.js';
import { KeptSumsService } from './kept-sums.service.js';
import { RefusedRecordsService } from './refused-records.service.js';

/** Call records at rest: written in bulk, counted as they are written, kept aside where they cannot be. */
@Module({
  providers: [CallInstruments, CallsRepository, CallWriterService, KeptSumsService, RefusedRecordsService],
  exports: [CallWriterService, KeptSumsService, RefusedRecordsService],
})
export class RecordsModule {}
