import { Module } from '@nestjs/common';
import { DayIndexesRepository } from './day-indexes.repository.js';
import { DaysRepository } from './days.repository.js';
import { RetentionRepository } from './retention.repository.js';
import { RetentionService } from './retention.service.js';

/** Deletes what need not be kept any longer. */
@Module({ providers: [DaysRepository, DayIndexesRepository, RetentionRepository, RetentionService] })
export class RetentionModule {}
