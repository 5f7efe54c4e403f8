import { Module } from '@nestjs/common';
import { CallInstruments } from './call.instruments.js';
import { CallWriterService } from './call-writer.service.js';
import { CallsRepository } from './calls.repository.js';
import { RefusedRecordsService } from './refused-records.service.js';

/** Call records at rest: written in bulk, counted as they are written, kept aside where they cannot be. */
@Module({
  providers: [CallInstruments, CallsRepository, CallWriterService, RefusedRecordsService],
  exports: [CallWriterService, RefusedRecordsService],
})
export class RecordsModule {}
